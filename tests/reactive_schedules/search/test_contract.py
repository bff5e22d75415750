"""What holds for every registered search algorithm; a new one is covered as soon as it is registered."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactive_schedules.search import registry
from reactive_schedules.search.searcher import Answer
from tests.reactive_schedules.search.searching import SLOW, SMALL, TRAINING, loss, make, run

pytestmark = pytest.mark.filterwarnings("ignore:The optimal value found:UserWarning", "ignore:All-NaN axis")


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_search_begins_with_the_configuration_and_the_start_points_and_keeps_its_number_of_trials(algorithm):
    start = {"learning_rate.family": "cosine", "learning_rate.peak": 0.02, "learning_rate.final_ratio": 0.5}
    searcher = make(algorithm, start=[{**start, "plateau.patience": 3}])
    stages, scores = run(searcher)
    first, second = stages[0][:2]
    assert first.values == {
        "learning_rate.family": "constant",
        "learning_rate.peak": 0.1,
        "plateau.patience": 2,
    }
    assert second.values == {**start, "plateau.patience": 3}
    numbers = sorted({ask.number for stage in stages for ask in stage})
    assert numbers == list(range(1, searcher.trials + 1))
    assert len({json.dumps(ask.values) for stage in stages for ask in stage}) == len(numbers)
    assert max(epochs for epochs, _ in scores.values()) == TRAINING["epochs"]


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_same_seed_and_results_same_questions(algorithm):
    def outcome(number, epochs):
        return {4: "failed", 5: "ended"}.get(number)

    first, again = (run(make(algorithm, seed=3), outcome)[0] for _ in range(2))
    assert first == again
    if algorithm != "grid":
        assert run(make(algorithm, seed=4), outcome)[0] != first


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_maximising_is_minimising_the_opposite(algorithm):
    assert run(make(algorithm, direction="max"), sign=-1)[0] == run(make(algorithm))[0]


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_search_ends_whatever_fails_or_ends_by_itself(algorithm):
    @settings(max_examples=2 if algorithm in SLOW else 20)
    @given(st.lists(st.sampled_from([None, "failed", "ended"]), min_size=7, max_size=7), st.integers(0, 9))
    def check(pattern, seed):
        stages, _ = run(make(algorithm, seed=seed), lambda number, epochs: pattern[(number + epochs) % 7])
        assert stages

    check()


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_search_ends_when_everything_fails(algorithm):
    stages, scores = run(make(algorithm), lambda number, epochs: "failed")
    assert not scores
    assert all(ask.parent is None for stage in stages for ask in stage)
    assert len([ask for stage in stages for ask in stage]) == make(algorithm).trials


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_small_space_is_tried_once_and_to_the_end(algorithm):
    stages, scores = run(make(algorithm, SMALL, trials=8))
    values = {ask.number: ask.values for stage in stages for ask in stage}
    assert len({json.dumps(each) for each in values.values()}) == len(values) == 6
    best = min(scores, key=lambda number: scores[number][1])
    assert scores[best][0] == TRAINING["epochs"]
    assert values[best] == {
        "learning_rate.family": "cosine",
        "learning_rate.peak": 0.05,
        "learning_rate.final_ratio": 0.1,
    }


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_single_point(algorithm):
    stages, _ = run(make(algorithm, {"plateau": {"patience": [2]}}))
    assert {ask.number for stage in stages for ask in stage} == {1}
    assert stages[-1][0].until is None


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_trial_may_end_before_the_horizon(algorithm):
    stages, _ = run(make(algorithm, epochs=9))
    assert {ask.until for stage in stages for ask in stage} <= {1, 3, 9}
    assert 9 in {ask.until for stage in stages for ask in stage}


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_earlier_trials_are_used_where_they_fit(algorithm, caplog):
    best = {
        "learning_rate.family": "cosine",
        "learning_rate.peak": 0.05,
        "learning_rate.final_ratio": 0.01,
        "plateau.patience": 2,
    }
    fitting = [
        {"trial_id": str(number), "score": abs(math.log(peak / 0.05)), **best, "learning_rate.peak": peak}
        for number, peak in enumerate((0.01, 0.02, 0.05, 0.1, 0.2))
    ]
    others = [
        {"trial_id": "5", "score": 0.0, **best, "plateau.patience": 7},
        {"trial_id": "6", "score": 0.0, **best, "batch_size": 16},
        {"trial_id": "7", "score": 0.0, "learning_rate.family": "cosine"},
        {"trial_id": "8", "score": None, **best},
        {"trial_id": "9", "score": 0.0, **best, "plateau.patience": 2.5},
        {"trial_id": "11", "score": 0.0, **best, "plateau.patience": math.inf},
        {"trial_id": "10", "score": 0.0, **best, "learning_rate.peak": "0.05"},
    ]
    stages, _ = run(make(algorithm, prior=fitting + others, **({"trials": 4} if algorithm in SLOW else {})))
    assert stages[0][1].values == best
    assert "7 of 12 trials lie outside the space and are ignored" in caplog.text


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_with_an_earlier_study_of_the_same_seed_all_values_but_the_start_are_new(algorithm):
    def trials(prior: list) -> dict[str, float]:
        stages, scores = run(make(algorithm, prior=prior))
        values = {ask.number: json.dumps(ask.values, sort_keys=True) for stage in stages for ask in stage}
        return {values[number]: score for number, (_, score) in sorted(scores.items())}

    first = trials([])
    records = [
        {"trial_id": str(number), "score": score, **json.loads(values)}
        for number, (values, score) in enumerate(first.items())
    ]
    again = trials(records)
    start = [next(iter(first)), min(first, key=lambda values: first[values])]
    assert [*first.keys() & again.keys()] in ([start[0]], start, start[::-1])
    assert len(again) == len(first)


@pytest.mark.parametrize("algorithm", ["grid", "random"])
def test_more_trials_begin_with_the_same(algorithm):
    few, many = (run(make(algorithm, trials=trials))[0][0] for trials in (5, 11))
    assert many[:5] == few


@pytest.mark.parametrize("algorithm", registry.algorithms())
@pytest.mark.parametrize("stages", [1, 2])
def test_a_search_is_continued_by_telling_a_new_one_what_is_known(algorithm, stages):
    whole, _ = run(make(algorithm))
    again = make(algorithm)
    for asked in whole[:stages]:
        assert again.ask() == asked
        again.tell([Answer(ask.trial_id, loss(ask.values, ask.until or TRAINING["epochs"])) for ask in asked])
    assert again.ask() == (whole[stages] if stages < len(whole) else [])


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_trials_and_epochs_stay_within_what_was_asked_for(algorithm):
    fields = registry.find(algorithm).options.model_fields
    searcher = make(algorithm, trials=5, epochs=9)
    stages, _ = run(searcher)
    assert max(ask.number for stage in stages for ask in stage) <= searcher.trials
    assert searcher.trials <= 5 or "trials" not in fields
    assert {ask.until for stage in stages for ask in stage} <= {*searcher.rungs, 9}
    for ask in (ask for stage in stages for ask in stage):
        assert (ask.rung is None) == (not searcher.rungs)
        assert ask.rung is None or searcher.rungs[ask.rung] == ask.until


@pytest.mark.parametrize("algorithm", registry.algorithms())
def test_options_survive_json_and_describe_themselves(algorithm):
    model = registry.find(algorithm).options
    assert model.parse(json.loads(model().model_dump_json())) == model()
    assert all(field.description and not field.is_required() for field in model.model_fields.values())
    with pytest.raises(ValueError, match=r"nonsense: unknown key"):
        model(nonsense=1)  # pyright: ignore[reportCallIssue]


def test_options_are_known_without_what_a_search_needs():
    heavy = "{'keras', 'keras_tuner', 'optuna', 'tensorflow', 'sklearn', 'scipy', 'pandas'}"
    program = (
        "import sys; from reactive_schedules.search import registry; names = list(registry.algorithms());"
        f"print(*names); print(*sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names, loaded = done.stdout.split("\n")[:2]
    # Other tests register algorithms of their own in this process.
    assert set(names.split()) == {"bayesian", "grid", "halving", "hyperband", "random", "tpe"}
    assert loaded == ""
