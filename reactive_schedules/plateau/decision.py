"""The plateau machine's decision after an epoch."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """What to do after an epoch, and why.

    Attributes:
        kind: "continue", "stop", or the name of the action taken, such as "decay" or "grow".
        epoch: Epoch whose metric was observed, counted from 0. With `PlateauSpec.every`, `observe` and `replay` count
            observations here and in `best_epoch` and `wait`; `fit` says in which epochs they were.
        metric: Observed value; may be NaN.
        improved: Whether the value is the new best.
        best: Best value so far, including this epoch; None before the first finite value.
        best_epoch: Epoch of the best value.
        wait: Epochs without improvement, including this one, before an action resets the count.
        threshold: Value that the metric had to beat; None before the first finite value.
        restore: Whether to restore the best weights.
        old_multiplier: Multiplier of the learning rate in this epoch.
        new_multiplier: Multiplier of the learning rate from the next epoch on.
        old_batch_size: Batch size in this epoch, in examples.
        new_batch_size: Batch size from the next epoch on, in examples.
        reason: Explanation in words.

    Example:
        >>> [decision.kind for decision in rs.replay([0.9, 0.9, 0.7], rs.PlateauSpec(patience=1))]
        ['continue', 'decay', 'continue']
    """

    kind: str
    epoch: int
    metric: float
    improved: bool
    best: float | None
    best_epoch: int | None
    wait: int
    threshold: float | None
    restore: bool
    old_multiplier: float
    new_multiplier: float
    old_batch_size: int
    new_batch_size: int
    reason: str

    @property
    def acts(self) -> bool:
        """Whether an action is taken."""
        return self.kind not in ("continue", "stop")

    @property
    def broken(self) -> bool:
        """Whether the metric was NaN or infinite."""
        return not math.isfinite(self.metric)
