"""The progress of a search, as plain JSON and in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from reactive_schedules.search.study import common_reason

if TYPE_CHECKING:
    from reactive_schedules.search.executor.worker import Running


FILE = "progress.json"
"""File name in the folder of a search's journal: its progress, and `page`, the file of its page."""


class Trial(TypedDict):
    """A trial that is running.

    Attributes:
        number: Number of the trial.
        rung: Rung; None for an algorithm without rungs.
        worker: Number of the process.
        attempt: Number of the attempt.
        epoch: Number of finished epochs; None before the first report.
        epochs: Number of epochs after which it stops at the latest.
        score: Last value of the objective; None if it is not known.
        fold: Number of the confirmation, counted from 0; None for a trial of the search.
    """

    number: int
    rung: int | None
    worker: int | str
    attempt: int
    epoch: int | None
    epochs: int
    score: float | None
    fold: int | None


class Best(TypedDict):
    """The best result so far."""

    number: int
    score: float


class Progress(TypedDict):
    """The progress of a search.

    Attributes:
        objective: Name of the metric.
        trials: Maximum number of trials.
        done: Number of trials with a result, if only of a lower rung.
        failed: Number of trials that failed.
        reason: What several of them failed for, see `study.common_reason`; None if there is no such reason.
        running: What is running.
        best: Best result; None if there is none.
        confirmations: Number of trainings that confirm the best trials; 0 until that is known.
        confirmed: Number of them that are done.
    """

    objective: str
    trials: int
    done: int
    failed: int
    reason: str | None
    running: list[Trial]
    best: Best | None
    confirmations: int
    confirmed: int


def progress_of(
    running: "Sequence[Running]",
    results: Sequence[Mapping[str, Any]],
    trials: int,
    objective: tuple[str, str],
    epochs: int,
    confirmations: int = 0,
) -> Progress:
    """Returns the progress of a search.

    Args:
        running: What is running.
        results: All results so far.
        trials: Maximum number of trials.
        objective: Metric and direction.
        epochs: Number of epochs of a trial that is not stopped early.
        confirmations: Number of trainings that confirm the best trials.
    """
    everything = len(results)
    results = [result for result in results if result.get("fold") is None]
    name, direction = objective
    scored = [result for result in results if result["score"] is not None]
    best = (min if direction == "min" else max)(scored, key=lambda each: each["score"]) if scored else None
    return {
        "objective": name,
        "trials": trials,
        "done": len({result["trial_id"] for result in results}),
        "failed": len({result["trial_id"] for result in results if result["error"]}),
        "reason": common_reason(results),
        "running": [
            {
                "number": each.ask.number,
                "rung": each.ask.rung,
                "worker": each.worker,
                "attempt": each.attempt.number,
                "epoch": each.epochs,
                "epochs": each.ask.until or epochs,
                "score": each.score,
                "fold": each.ask.fold,
            }
            for each in running
        ],
        "best": {"number": best["number"], "score": best["score"]} if best else None,
        "confirmations": confirmations,
        "confirmed": everything - len(results),
    }


def counted(progress: Progress) -> str:
    """How many trials are done: `3 of 8 trials`."""
    failed = f", {progress['failed']} failed" if progress["failed"] else ""
    doing = f"{progress['done']} of {progress['trials']} trials{failed}"
    if progress["confirmations"]:
        doing += f", {progress['confirmed']} of {progress['confirmations']} trainings to confirm the best"
    return doing


def trial_words(trial: Trial, objective: str, of: str = "") -> str:
    """What a trial is doing: `trial 4, rung 1, epoch 3 of at most 10, val_loss 0.31`.

    Args:
        trial: The trial.
        objective: Name of the metric.
        of: What to say after its number.
    """
    parts = [f"trial {trial['number']}{of}"]
    if trial["fold"] is not None:
        parts.append(f"confirmation {trial['fold'] + 1}")
    if trial["rung"] is not None:
        parts.append(f"rung {trial['rung']}")
    if trial["epoch"] is not None:
        parts.append(f"epoch {trial['epoch']} of at most {trial['epochs']}")
    if trial["score"] is not None:
        parts.append(f"{objective} {trial['score']:.4g}")
    return ", ".join(parts)


def best_words(progress: Progress) -> str:
    """The best result: `best val_loss 0.29 (trial 2)`; empty if there is none."""
    best = progress["best"]
    return f"best {progress['objective']} {best['score']:.4g} (trial {best['number']})" if best else ""
