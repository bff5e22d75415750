"""Options of search algorithms: the base class, and options that several algorithms share."""

import itertools
from typing import Annotated

from pydantic import Field

from reactive_schedules.errors import SpecError
from reactive_schedules.fields import Epochs, Interval, SpecModel

Trials = Annotated[int, Interval("[1, 10000]"), Field(description="Maximum number of trials.")]
Parallel = Annotated[
    int,
    Interval("[1, 10000]"),
    Field(description="Number of trials proposed at once, without each other's results."),
]
MinEpochs = Annotated[
    Epochs | None,
    Field(description="Number of epochs before trials are first compared; epochs / factor² by default."),
]
Factor = Annotated[
    int,
    Interval("[2, 10000]"),
    Field(description="Number of trials that compete for a place at the next rung."),
]


class Options(SpecModel):
    """The base class of an algorithm's options: fields with type, bounds, default and description.

    Names in `registry.COMMON_KEYS` are reserved.
    """

    def check(self, epochs: int) -> None:
        """Checks the options against the length of a trial; does nothing by default.

        Args:
            epochs: Number of epochs of a trial that is not stopped early.

        Raises:
            SpecError: An option does not fit; names the option.
        """


class RungOptions(Options):
    """The options of an algorithm that stops trials early."""

    min_epochs: MinEpochs = None
    factor: Factor = 3

    def check(self, epochs: int) -> None:
        """Checks that trials reach the lowest rung."""
        if self.min_epochs and self.min_epochs > epochs:
            raise SpecError(
                f"min_epochs: must be at most the {epochs} epochs of a trial; got {self.min_epochs}"
            )

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """The epochs after which to compare trials, in ascending order; each is 1 / `factor` of the next, rounded up.

        Args:
            epochs: Number of epochs of the highest rung.
        """
        # By default three rungs, if there are enough epochs.
        least = min(self.min_epochs or max(1, epochs // self.factor**2), epochs)
        levels = itertools.takewhile(lambda level: epochs / self.factor**level >= least, itertools.count())
        return tuple(sorted(-(-epochs // self.factor**level) for level in levels))
