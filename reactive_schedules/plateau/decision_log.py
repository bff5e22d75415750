"""The decisions of a run, one JSON line each."""

import json
import math
import os
from pathlib import Path

from reactive_schedules import durable
from reactive_schedules.plateau.decision import Decision


def noise_scale(rate: float, examples: int, batch_size: int, averaging: float) -> float:
    """The noise scale of the updates, g = rate × examples / (batch_size × (1 − averaging)).

    From "Don't Decay the Learning Rate, Increase the Batch Size" (arXiv 1711.00489, section 2), for batches much
    smaller than the data. `averaging` is the momentum, or Adam's beta_1.
    """
    return rate * examples / (batch_size * (1 - averaging))


def decision_record(
    decision: Decision,
    *,
    monitor: str,
    step: int,
    examples: int,
    step_rate: float,
    epoch_examples: int,
    averaging: float,
    floor: float = 0.0,
    share: float = 1.0,
) -> dict:
    """A decision and its circumstances, as values that strict JSON can represent.

    Args:
        decision: Decision to act or to stop.
        monitor: Name of the metric.
        step: Number of parameter updates so far.
        examples: Number of examples seen so far.
        step_rate: Learning rate of the step schedule, before the multiplier.
        epoch_examples: Number of examples in an epoch.
        averaging: Momentum of the optimizer, or Adam's beta_1.
        floor: Lowest learning rate, whatever the multiplier.
        share: Share of the epoch that is done, below 1 for an observation within it.

    Returns:
        epoch (from 0), share, step, examples, monitor, metric (None if not finite), best, best_epoch, wait,
        threshold, kind, old_ and new_rate, old_ and new_batch_size, old_ and new_noise_scale, reason.
    """
    rates = [max(step_rate * by, floor) for by in (decision.old_multiplier, decision.new_multiplier)]
    return {
        "epoch": decision.epoch,
        "share": share,
        "step": step,
        "examples": examples,
        "monitor": monitor,
        "metric": decision.metric if math.isfinite(decision.metric) else None,
        "best": decision.best,
        "best_epoch": decision.best_epoch,
        "wait": decision.wait,
        "threshold": decision.threshold,
        "kind": decision.kind,
        "old_rate": rates[0],
        "new_rate": rates[1],
        "old_batch_size": decision.old_batch_size,
        "new_batch_size": decision.new_batch_size,
        "old_noise_scale": noise_scale(rates[0], epoch_examples, decision.old_batch_size, averaging),
        "new_noise_scale": noise_scale(rates[1], epoch_examples, decision.new_batch_size, averaging),
        "reason": decision.reason,
    }


class DecisionLog:
    """A file of decisions, one JSON line each, flushed to the disk as they are made.

    Args:
        path: Path of the file; its folder is created if it does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def rewrite(self, records: list[dict]) -> None:
        """Replaces the contents with `records`, such as those of a checkpoint, dropping later decisions."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(self._path, "".join(map(_line, records)).encode())

    def append(self, record: dict) -> None:
        """Appends a decision."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())


def _line(record: dict) -> str:
    return json.dumps(record, allow_nan=False, ensure_ascii=False) + "\n"
