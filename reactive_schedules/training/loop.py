"""The interface of a training loop, which each backend implements."""

from typing import Any, Protocol


class Loop(Protocol):
    """Runs training or evaluation steps over an epoch of examples, in parts.

    Attributes:
        examples: Number of examples in an epoch.
        steps: Number of steps in the current epoch.
    """

    examples: int
    steps: int

    def reset(self) -> None:
        """Resets the metrics of the model, for a new epoch."""

    def begin(self, batch_size: int, first_step: int = 0, seed: int = 0, epoch: int | None = None) -> None:
        """Starts an epoch.

        Args:
            batch_size: Batch size, in examples.
            first_step: Number of steps of the epoch that are already done.
            seed, epoch: Seed and epoch, which determine the order of the examples; epoch None keeps their order.
        """

    def run(self, steps: int) -> None:
        """Runs the next `steps` steps; 0 only builds what the model lacks."""

    def logs(self) -> dict[str, Any]:
        """The logs of Keras' `fit`: a float per metric, or a list of floats for a metric with several values."""
        ...

    def recorded(self) -> tuple[Any, Any, Any]:
        """Labels, predictions and weights (None if there are none) of the whole epoch, as numpy arrays.

        Only for a loop that records them.
        """
        ...
