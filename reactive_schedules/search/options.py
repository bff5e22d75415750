"""Options of search algorithms: their base class, and those that several algorithms have."""

import itertools
from typing import Annotated

from pydantic import Field

from reactive_schedules.errors import SpecError
from reactive_schedules.fields import SpecModel

Trials = Annotated[int, Field(ge=1, description="At most so many trials.")]
Parallel = Annotated[
    int, Field(ge=1, description="Trials proposed at once, without knowing each other's results.")
]
MinEpochs = Annotated[
    Annotated[int, Field(ge=1)] | None,
    Field(description="Epochs after which trials are first compared; by default epochs / factor²."),
]
Factor = Annotated[int, Field(ge=2, description="Trials that compete for one place at the next rung.")]


class Options(SpecModel):
    """Options of one algorithm: fields with type, bounds, default and description.

    None may have the name of a key that every search has, see `registry.COMMON_KEYS`.
    """

    def check(self, epochs: int) -> None:
        """Does nothing; an algorithm whose options may not fit the length of a trial refuses them here.

        Args:
            epochs: length of a trial that is not stopped early.

        Raises:
            SpecError: names the option.
        """


class RungOptions(Options):
    """Options of an algorithm that stops trials early."""

    min_epochs: MinEpochs = None
    factor: Factor = 3

    def check(self, epochs: int) -> None:
        """Refuses a lowest rung that no trial would reach."""
        if self.min_epochs and self.min_epochs > epochs:
            raise SpecError(f"min_epochs: is more than the epochs of a trial; got {self.min_epochs}")

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """Epochs to compare trials after, lowest first: each a `factor`-th of the next, rounded up.

        Args:
            epochs: of the highest rung.
        """
        # By default three rungs, where the epochs allow.
        least = min(self.min_epochs or max(1, epochs // self.factor**2), epochs)
        levels = itertools.takewhile(lambda level: epochs / self.factor**level >= least, itertools.count())
        return tuple(sorted(-(-epochs // self.factor**level) for level in levels))
