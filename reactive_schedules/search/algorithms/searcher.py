"""What every search algorithm looks like to the Tuner: stages of trials are asked for, their results told."""

import abc
import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Ask:
    """A trial to train, from its beginning or from where it stopped.

    Attributes:
        trial_id: the same at every rung of the trial.
        number: of the trial, from 1.
        values: by path, see `rs.space.from_hyperparameters`.
        until: epoch, counted from the beginning, after which to stop; None for the end of the training.
        rung: from 0; None for an algorithm without rungs.
        parent: id of the trial whose saved state to continue from; None to begin.
    """

    trial_id: str
    number: int
    values: Mapping[str, Any]
    until: int | None
    rung: int | None
    parent: str | None


@dataclasses.dataclass(frozen=True)
class Told:
    """What became of an `Ask`.

    Attributes:
        trial_id: that of the `Ask`.
        score: of the trial so far, in the objective's unit; anything that is no finite number is a failure.
        failed: whether there is nothing to continue from.
        ended: whether the training ended by itself before `until`, so that it can go no further.
    """

    trial_id: str
    score: float | None
    failed: bool = False
    ended: bool = False


@dataclasses.dataclass(frozen=True)
class Result:
    """A `Told` as algorithms see it.

    Attributes:
        loss: the lower the better; infinite for a failure.
        over: whether there is nothing more to ask of the trial.
    """

    loss: float
    over: bool


class Searcher(abc.ABC):
    """A search algorithm. What it asks depends on its arguments and on what it was told, on nothing else.

    So a study that was interrupted is continued by asking again from the start and telling what is known.

    Attributes:
        trials: at most so many are asked for.
        rungs: epochs after which trials are compared, lowest first; empty for an algorithm without rungs.
        until: `Ask.until` of a trial that is not stopped early.
    """

    trials: int
    rungs: tuple[int, ...] = ()

    def __init__(self, direction: Literal["min", "max"], until: int | None):
        self._sign = 1 if direction == "min" else -1
        self.until = until
        self._waiting: dict[str, Ask] = {}

    def ask(self) -> list[Ask]:
        """The trials of the next stage, which may run in parallel; none when the search is over.

        Raises:
            RuntimeError: the results of the stage before were not told.
        """
        if self._waiting:
            raise RuntimeError(f"still to be told: the results of trials {', '.join(self._waiting)}")
        asks = self._stage()
        self._waiting = {ask.trial_id: ask for ask in asks}
        return asks

    def tell(self, results: Iterable[Told]) -> None:
        """The results of a whole stage, in any order.

        Raises:
            ValueError: they are not those of the trials that were asked for.
        """
        by_id = {result.trial_id: result for result in results}
        if by_id.keys() != self._waiting.keys():
            raise ValueError(f"results must be of trials {sorted(self._waiting)}; got {sorted(by_id)}")
        asks, self._waiting = self._waiting, {}
        self._take([(ask, self._result(ask, by_id[trial_id])) for trial_id, ask in asks.items()])

    def _result(self, ask: Ask, told: Told) -> Result:
        failed = told.failed or told.score is None or not math.isfinite(told.score)
        return Result(
            loss=math.inf if failed else self._sign * told.score,
            over=failed or told.ended or ask.until == self.until,
        )

    @abc.abstractmethod
    def _stage(self) -> list[Ask]:
        """The next stage."""

    @abc.abstractmethod
    def _take(self, results: Sequence[tuple[Ask, Result]]) -> None:
        """Learns from the results of the stage, which come in the order of the asks."""


def rungs(epochs: int, min_epochs: int | None, factor: int) -> tuple[int, ...]:
    """Epochs to compare trials after, lowest first: each a `factor`-th of the next, rounded up.

    Args:
        epochs: of the highest rung.
        min_epochs: of the lowest one; by default a factor²-th of `epochs`, so that there are three rungs.
        factor: how many trials compete for one place in the next rung.
    """
    least = min_epochs or max(1, epochs // factor**2)
    levels = itertools.takewhile(lambda level: epochs / factor**level >= least, itertools.count())
    return tuple(sorted(-(-epochs // factor**level) for level in levels))
