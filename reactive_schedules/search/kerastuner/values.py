"""KerasTuner's own entries among the values of a trial."""

from typing import Any

EPOCHS, INITIAL_EPOCH, PARENT, ROUND = (
    f"tuner/{name}" for name in ("epochs", "initial_epoch", "trial_id", "round")
)
"""KerasTuner's own names for values of a trial: epochs after which it stops, epochs that it goes on after, the trial
that it goes on from, and its rung. `EPOCHS` among the metrics of a trial is the number of epochs it has finished."""


class Watched(dict):
    """Values of a trial that know whether somebody has read its number of epochs."""

    read = False

    def __getitem__(self, key: str) -> Any:
        self.read = self.read or key == EPOCHS
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dict."""
        self.read = self.read or key == EPOCHS
        return super().get(key, default)
