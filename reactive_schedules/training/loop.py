"""What a training does with its model, whatever the backend; each backend has a loop of its own."""

from typing import Any, Protocol


class Loop(Protocol):
    """Steps of training or evaluation over one epoch of examples, in parts.

    Attributes:
        examples: Examples in an epoch.
        steps: Steps in the epoch that was begun.
    """

    examples: int
    steps: int

    def reset(self) -> None:
        """Sets the model's metrics back to where an epoch begins."""

    def begin(self, batch_size: int, first_step: int = 0, seed: int = 0, epoch: int | None = None) -> None:
        """Turns to an epoch, in the natural order if it is None.

        Args:
            batch_size: in examples.
            first_step: steps of the epoch that were made already.
            seed, epoch: what decides the order of examples.
        """

    def run(self, steps: int) -> None:
        """Makes the next `steps` steps; with 0, builds whatever the model still lacks and changes nothing."""

    def logs(self) -> dict[str, Any]:
        """What Keras' `fit` would log: a float each, or a list of them for a metric with several values."""
        ...
