"""What a search's record makes of its results."""

import pytest

from components.tuner import figures
from components.tuner.study import ranked, study

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
    return study({}, TRAINING, ("val_loss", direction), results)


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
    assert "Chosen was trial 2 with 0.5, which was not stopped early." in figures.best_so_far(made).alt


@pytest.mark.parametrize(("direction", "order"), [("min", [3, 1, 4, 2]), ("max", [1, 3, 2, 4])])
def test_equal_states_rank_by_score(direction, order):
    states = [("completed", 0.5), ("stopped", 0.9), ("completed", 0.4), ("stopped", 0.1), ("failed", None)]
    trials = [
        {"number": number, "state": state, "score": score} for number, (state, score) in enumerate(states, 1)
    ]
    assert [trial["number"] for trial in ranked(trials, direction)] == order
