"""What a search's record makes of its results."""

import pytest

from reactive_schedules.search.page import figures
from reactive_schedules.search.page.curves import asks
from reactive_schedules.search.study import ranked, study_record

TRAINING = {"learning_rate": {"family": "constant", "peak": 0.1}, "epochs": 9, "plateau": None}


def result(number: int, until: int | None, rung: int | None, curve: list[float], promoted=False) -> dict:
    """That of a trial without a plateau, whose last epoch counts."""
    execution = {
        "seed": 0,
        "score": curve[-1],
        "history": {"loss": curve, "val_loss": curve, "learning_rate": [0.1] * len(curve)},
        "decisions": [],
        "best_epoch": None,
        "best_metric": None,
        "stopped_by": "until" if until else "epochs",
        "updates": len(curve),
    }
    return {
        "trial_id": f"{number:04d}",
        "number": number,
        "values": {"learning_rate.peak": 0.1 * number},
        "until": until,
        "rung": rung,
        "parent": f"{number:04d}" if promoted else None,
        "error": None,
        "score": curve[-1],
        "seconds": 1.0,
        "executions": [execution],
    }


def recorded(results: list[dict], direction: str = "min") -> dict:
    return study_record({}, TRAINING, ("val_loss", direction), results)


OVERFITTED = [
    result(1, 1, 0, [0.3]),
    result(2, 1, 0, [0.29]),
    result(2, None, 1, [0.29, 0.2, 0.3, 0.3, 0.4, 0.4, 0.4, 0.4, 0.5], promoted=True),
]


def test_a_trial_trained_to_the_end_is_chosen_before_one_that_was_stopped():
    made = recorded(OVERFITTED)
    assert [(trial["state"], trial["score"]) for trial in made["trials"]] == [
        ("stopped", 0.3),
        ("completed", 0.5),
    ]
    assert made["best"] == 2
    assert "Trial 2 was chosen, with 0.5, because it was not stopped early." in figures.best_so_far(made).alt


@pytest.mark.parametrize(("direction", "order"), [("min", [3, 1, 4, 2]), ("max", [1, 3, 2, 4])])
def test_equal_states_rank_by_score(direction, order):
    states = [("completed", 0.5), ("stopped", 0.9), ("completed", 0.4), ("stopped", 0.1), ("failed", None)]
    trials = [
        {"number": number, "state": state, "score": score} for number, (state, score) in enumerate(states, 1)
    ]
    assert [trial["number"] for trial in ranked(trials, direction)] == order


def spent(results: list[dict]) -> list[tuple]:
    return [(ask.number, ask.rung, ask.epochs, ask.spent, ask.score) for ask in asks(recorded(results))]


def test_without_a_plateau_an_ask_has_the_score_it_ended_with():
    results = [
        result(1, 3, 0, [0.4, 0.2, 0.3]),
        result(1, None, 1, [0.4, 0.2, 0.3, *[0.25] * 6], promoted=True),
    ]
    assert spent(results) == [(1, 0, 3, 3, 0.3), (1, 1, 6, 9, 0.25)]


def test_a_trial_that_begins_at_a_higher_rung_has_trained_all_its_epochs_there():
    results = [result(1, 3, 0, [0.5] * 3), result(2, None, 1, [0.4] * 9)]
    assert spent(results) == [(1, 0, 3, 3, 0.5), (2, 1, 9, 12, 0.4)]
    assert recorded(results)["cost"]["epochs"] == 12


def test_asks_come_in_the_order_of_the_search():
    """As where new trials begin beside those that go on."""
    results = [
        result(1, 3, 0, [0.5] * 3),
        result(1, None, 1, [0.5] * 9, promoted=True),
        result(2, 3, 0, [0.4] * 3),
    ]
    assert [(number, rung, total) for number, rung, _, total, _ in spent(results)] == [
        (1, 0, 3),
        (1, 1, 9),
        (2, 0, 12),
    ]


def test_a_trial_that_failed_at_a_higher_rung_has_no_score_after_it():
    failed = {
        **result(1, None, 1, [0.5] * 9, promoted=True),
        "error": "no room",
        "score": None,
        "executions": [],
    }
    assert spent([result(1, 3, 0, [0.5] * 3), failed]) == [(1, 0, 3, 3, 0.5), (1, 1, 0, 3, None)]
