from pathlib import Path

import pytest

from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.executor.worker import Running
from reactive_schedules.search.progress import best_words, counted, progress_of, trial_words
from reactive_schedules.search.searcher import Ask


def running(
    number: int, worker: int, rung: int | None, until: int | None, epochs=None, score=None, fold=None
):
    ask = Ask(f"{number:04d}", number, {}, until, rung, None, fold)
    return Running(worker, ask, Attempted(2, Path(), Path()), epochs, score)


def result(number: int, score: float | None, error: str | None = None) -> dict:
    return {"trial_id": f"{number:04d}", "number": number, "score": score, "error": error}


RESULTS = [result(1, 0.4), result(2, 0.3), result(1, 0.5), result(3, None, "no room")]


@pytest.mark.parametrize(("direction", "best"), [("min", (2, 0.3)), ("max", (1, 0.5))])
def test_a_trial_counts_once_whatever_its_rungs(direction, best):
    found = progress_of([], RESULTS, 9, ("val_loss", direction), 30)
    assert (found["trials"], found["done"], found["failed"]) == (9, 3, 1)
    assert found["best"] == dict(zip(("number", "score"), best, strict=True))
    assert counted(found) == "3 of 9 trials, 1 failed"


def test_what_runs_where():
    trials = [running(4, 1, None, None), running(5, 2, 1, 10, 3, 0.31234)]
    found = progress_of(trials, RESULTS[:2], 9, ("val_loss", "min"), 30)
    assert found["running"] == [
        {
            "number": 4,
            "rung": None,
            "worker": 1,
            "attempt": 2,
            "epoch": None,
            "epochs": 30,
            "score": None,
            "fold": None,
        },
        {
            "number": 5,
            "rung": 1,
            "worker": 2,
            "attempt": 2,
            "epoch": 3,
            "epochs": 10,
            "score": 0.31234,
            "fold": None,
        },
    ]
    assert [trial_words(each, "val_loss", " of 9") for each in found["running"]] == [
        "trial 4 of 9",
        "trial 5 of 9, rung 1, epoch 3 of at most 10, val_loss 0.3123",
    ]
    assert best_words(found) == "best val_loss 0.3 (trial 2)"


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ([None, None], None),
        (["A", None], None),
        (["A", "B"], None),
        (["A", "A"], "2 trials failed: A"),
        (["A", "A", "B", None], "2 of 3 trials failed: A"),
        (
            ["SpecError: learning_rate.warmup: must be in [1, inf) steps; got 0", "SpecError: learning_rate.warmup: must be in [1, inf) steps; got -1"],
            "2 trials failed: learning_rate.warmup: must be in [1, inf) steps",
        ),
    ],
)  # fmt: skip
def test_what_several_trials_failed_for(errors, reason):
    results = [
        result(number, 0.5 if error is None else None, error) for number, error in enumerate(errors, 1)
    ]
    assert progress_of([], results + results[:1], 9, ("val_loss", "min"), 30)["reason"] == reason


def test_without_results_there_is_no_best():
    found = progress_of([], [], 9, ("val_loss", "min"), 30)
    assert (found["best"], best_words(found), counted(found)) == (None, "", "0 of 9 trials")


def test_confirmations_are_counted_apart():
    confirmed = {**result(2, 0.1), "fold": 0}
    found = progress_of(
        [running(1, 1, None, None, 3, 0.2, 1)], [*RESULTS, confirmed], 3, ("val_loss", "min"), 30, 10
    )
    assert counted(found) == "3 of 3 trials, 1 failed, 1 of 10 trainings to confirm the best"
    assert trial_words(found["running"][0], "val_loss") == (
        "trial 1, confirmation 2, epoch 3 of at most 30, val_loss 0.2"
    )
    assert best_words(found) == "best val_loss 0.3 (trial 2)"
