"""Which trials are confirmed, and what is chosen then."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules.pages.content import Table
from reactive_schedules.search.confirmation import AS_WRITTEN, FOLDS, MOST_ROWS, Plan, asks, confirmed, plan
from reactive_schedules.search.noise import cross_entropy_limit
from reactive_schedules.search.page import tables
from reactive_schedules.search.study import ranked


def study(
    scores: list[float | None], direction: str = "min", rows: int = 36, limit: float | None = None, **states
) -> dict:
    """The record of a search whose trials had these scores; `states` by `t<number>`."""
    trials = [
        {
            "trial_id": f"{number:04d}",
            "number": number,
            "values": {"learning_rate.peak": number},
            "score": score,
            "state": states.get(f"t{number}", "failed" if score is None else "completed"),
            "epochs": 30,
            "executions": [{}],
            "validation": {"rows": rows, "limit": limit, "divisible": True},
        }
        for number, score in enumerate(scores, 1)
    ]
    best = ranked(trials, direction)
    return {
        "objective": {"name": "val_loss", "direction": direction},
        "trials": trials,
        "best": best[0]["number"] if best else None,
        "cost": {"epochs": 30 * len(trials)},
    }


def result(number: int, fold: int, score: float | None, rows: int = 36, limit: float | None = None) -> dict:
    validation = {"rows": rows, "limit": limit, "divisible": True}
    return {"number": number, "fold": fold, "score": score, "validation": validation}


@pytest.mark.parametrize(
    ("made", "options", "finalists"),
    [
        (study([0.30, 0.25, 0.28, 0.4]), {}, (1, 2)),  # of 4 trials, 10 trainings
        (study([0.30] + [0.25 + i / 1000 for i in range(20)]), {}, (1, 2, 3, 4)),  # of 21, 20 trainings
        (study([0.30] + [0.25] * 20), {"folds": 2}, (1, 2, 3, 4)),
        (study([0.30, 0.25]), {"folds": 20}, (1, 2)),
        (study([0.30, None, 0.25]), {}, (1, 3)),
        (study([0.75, 0.78], "max"), {}, (1, 2)),
        (study([0.30, 0.05], t1="stopped"), {}, (1, 2)),  # its score is of fewer epochs
        (study([0.30, 0.05], rows=MOST_ROWS + 1), {"folds": 5}, (1, 2)),  # as the user says
    ],
)
def test_the_best_trials_are_confirmed_with_the_configuration_as_written(made, options, finalists):
    found = plan(made, 1, options.get("folds"), divides=True)
    assert found == Plan(finalists, options.get("folds", FOLDS), divides=True)
    made_asks = asks(found, made, None)
    assert len(made_asks) == len({ask.trial_id for ask in made_asks}) == len(finalists) * found.folds
    assert {(ask.number, ask.values["learning_rate.peak"]) for ask in made_asks} == {
        (n, n) for n in finalists
    }
    assert [ask.fold for ask in made_asks] == sorted(ask.fold for ask in made_asks if ask.fold is not None)


@pytest.mark.parametrize(
    ("made", "options", "reason"),
    [
        (study([0.25, 0.30]), {}, f"{AS_WRITTEN}: no trial is better"),
        (study([0.0, 0.0]), {}, f"{AS_WRITTEN}: no trial is better"),
        (study([0.02, 1e-9], limit=cross_entropy_limit(36)), {}, f"{AS_WRITTEN}: no trial is better"),
        (study([1.0, 1.0], "max"), {}, f"{AS_WRITTEN}: no trial is better"),
        (study([0.30, 0.25], rows=MOST_ROWS + 1), {}, "not confirmed: 2,001 validation rows are enough to choose by"),
        (study([3.0, 0.1], rows=300), {}, "not confirmed: better than noise on 300 validation rows explains"),
        (study([None, 0.1]), {}, "not confirmed: better than noise on 36 validation rows explains"),
        (study([0.30, 0.25]), {"configured": None}, "the configuration as written is outside the space and was not compared"),
        (study([0.30, 0.25]), {"folds": 0}, ""),
        (study([None, None]), {}, ""),
    ],
)  # fmt: skip
def test_nothing_is_confirmed_where_that_cannot_change_the_choice(made, options, reason):
    found = plan(made, options.get("configured", 1), options.get("folds"), divides=True)
    assert found == Plan(reason=reason)
    assert asks(found, made, None) == []
    record = confirmed(made, found, [])
    assert (record["best"], record["choice"], record["confirmation"]) == (made["best"], reason, None)


def chosen(
    written: list[float | None], other: list[float | None], direction="min", divides=True, **more
) -> dict:
    made = study([0.30, 0.25] if direction == "min" else [0.7, 0.75], direction)
    planned = Plan((1, 2), len(written), divides)
    found = [result(1, fold, score, **more) for fold, score in enumerate(written)]
    found += [result(2, fold, score, **more) for fold, score in enumerate(other)]
    random.Random(0).shuffle(found)
    return confirmed(made, planned, found)


@pytest.mark.parametrize(
    ("written", "other", "options", "best", "words"),
    [
        ([0.3] * 5, [0.2, 0.21, 0.2, 0.21, 0.2], {}, 2, "trial 2 is confirmed: val_loss 0.204 against 0.3 as written"),
        ([0.3] * 5, [0.31, 0.2, 0.4, 0.25, 0.28], {}, 1, f"{AS_WRITTEN}: of the finalists, trial 2 came closest"),
        ([0.3] * 5, [0.3] * 5, {}, 1, AS_WRITTEN),
        ([0.7, 0.71], [0.8, 0.82], {"direction": "max"}, 2, "trial 2 is confirmed"),
        ([0.8, 0.82], [0.7, 0.71], {"direction": "max"}, 1, AS_WRITTEN),
        # With few rows that all trainings share, a steady gain may be luck.
        ([0.3] * 5, [0.25, 0.26, 0.25, 0.26, 0.25], {"divides": False}, 1, AS_WRITTEN),
        ([0.3] * 5, [0.1] * 5, {"divides": False}, 2, "over 5 seeds"),
        # Below what the rows can tell, nothing is better.
        ([0.02] * 5, [1e-8] * 5, {"limit": cross_entropy_limit(36)}, 1, AS_WRITTEN),
        ([0.3] * 3, [0.1, None, 0.1], {}, 1, f"{AS_WRITTEN}: no other finalist could be trained"),
        ([0.3, None, 0.3], [0.5] * 3, {}, 2, "trial 2 is used: the configuration as written could not be trained"),
        ([None] * 3, [None] * 3, {}, 2, "not confirmed: no finalist could be trained"),
    ],
)  # fmt: skip
def test_only_a_gain_beyond_a_standard_error_changes_the_configuration(written, other, options, best, words):
    record = chosen(written, other, **options)
    assert record["best"] == best
    assert words in record["choice"]
    assert "\n" not in record["choice"]
    assert [each["scores"] for each in record["confirmation"]["finalists"]] == [
        [None if score is None else max(score, options.get("limit", score)) for score in scores]
        for scores in (written, other)
    ]


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=2, max_size=8),
    st.booleans(),
    st.sampled_from(["min", "max"]),
)
def test_what_is_chosen_has_the_better_mean_by_more_than_its_error(pairs, divides, direction):
    written, other = ([pair[side] for pair in pairs] for side in (0, 1))
    record = chosen(written, other, direction, divides)
    gain = (sum(written) - sum(other)) / len(pairs) * (1 if direction == "min" else -1)
    found = record["confirmation"]["finalists"][1]
    assert found["gain"] == pytest.approx(gain, abs=1e-9)
    assert found["error"] >= 0
    assert (record["best"] == 2) == (found["gain"] > found["error"])


def test_rows_that_stay_divided_as_they_are_say_why():
    made = study([0.30, 0.25])
    made["trials"][1]["validation"]["divisible"] = False
    planned = plan(made, 1, None, divides=True)
    assert planned == Plan((1, 2), FOLDS, divides=False, undivided="they do not fit in memory")
    results = [result(number, fold, 0.1 * number) for number in (1, 2) for fold in range(FOLDS)]
    record = confirmed(made, planned, results)
    assert record["choice"].endswith(
        "over 5 seeds (the rows stay divided as they are: they do not fit in memory)"
    )
    assert record["confirmation"]["undivided"] == "they do not fit in memory"
    table, _ = tables.confirmation(record)
    assert isinstance(table, Table)
    assert "on the rows divided as they are (they do not fit in memory)" in table.caption


def test_the_error_of_folds_counts_that_they_share_rows():
    record = chosen([0.5, 0.5, 0.5, 0.5], [0.4, 0.2, 0.3, 0.3])
    deviation = math.sqrt(((0.1 - 0.2) ** 2 + (0.3 - 0.2) ** 2) / 3)
    assert record["confirmation"]["finalists"][1]["error"] == pytest.approx(
        deviation * math.sqrt(1 / 4 + 1 / 3)
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.sampled_from(["min", "max"]))
def test_scores_beyond_the_limit_do_not_rank(scores, direction):
    limit = 0.1 if direction == "min" else 0.9
    trials = study(scores, direction, limit=limit)["trials"]
    order = [trial["number"] for trial in ranked(trials, direction)]
    beyond = [
        t["number"] for t in trials if (t["score"] <= limit if direction == "min" else t["score"] >= limit)
    ]
    assert order[: len(beyond)] == beyond


@pytest.mark.parametrize(
    ("done", "best", "words"),
    [
        (10, 2, "0.21 against 0.3 as written, a gain of 0.09 ± 0 over 5 divisions"),
        (9, 2, "over 4 divisions"),
        (4, 2, "over 2 divisions"),
        (3, 1, f"{AS_WRITTEN}: there was no time to confirm trial 2"),
        (0, 1, f"{AS_WRITTEN}: there was no time to confirm trial 2"),
    ],
)
def test_a_confirmation_that_runs_out_of_time_counts_the_folds_that_are_whole(done, best, words):
    made, planned = study([0.30, 0.25]), Plan((1, 2), 5, divides=True)
    found = [result(number, fold, score) for fold in range(5) for number, score in ((1, 0.3), (2, 0.21))]
    record = confirmed(made, planned, found[:done])
    assert record["best"] == best
    assert words in record["choice"]
    kept = record["confirmation"]
    assert (kept is None) == (done < 4)
    assert kept is None or {len(each["scores"]) for each in kept["finalists"]} == {kept["folds"]}


def test_without_time_a_configuration_that_has_failed_is_not_chosen():
    record = confirmed(study([None, 0.25]), Plan((1, 2), 5, divides=True), [])
    assert record["best"] == 2
    assert record["choice"] == "not confirmed: there was no time, and the configuration as written has failed"
