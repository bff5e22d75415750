"""What every search algorithm looks like from outside: it is asked for stages of trials, and told their answers."""

import abc
import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Ask:
    """A trial to train, from its beginning or from where it stopped.

    Attributes:
        trial_id: the same at every rung of the trial.
        number: of the trial, from 1.
        values: by path, see `reactive_schedules.search.space.from_hyperparameters`.
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
class Answer:
    """What became of the trial of an `Ask`.

    Attributes:
        trial_id: that of the `Ask`.
        score: of the trial so far, in the objective's unit; anything but a finite number is a failure.
        failed: whether there is nothing to continue from.
        ended: whether the training ended by itself before `until`, so that it can go no further.
    """

    trial_id: str
    score: float | None
    failed: bool = False
    ended: bool = False


@dataclasses.dataclass(frozen=True)
class Judged:
    """An `Answer` as algorithms see it.

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
        trials: the number of trials at most.
        rungs: epochs after which trials are compared, lowest first; empty for an algorithm without rungs.
        until: `Ask.until` of a trial that is not stopped early.
    """

    trials: int
    rungs: tuple[int, ...] = ()

    def __init__(self, direction: Literal["min", "max"], until: int | None) -> None:
        self._sign = 1 if direction == "min" else -1
        self.until = until
        self._waiting: dict[str, Ask] = {}

    def ask(self) -> list[Ask]:
        """The trials of the next stage, which may run in parallel; none when the search is over.

        Raises:
            RuntimeError: the search has not been told the answers of the stage before.
        """
        if self._waiting:
            raise RuntimeError(
                f"tell the answers of trials {', '.join(self._waiting)} before asking for more"
            )
        asks = self._stage()
        self._waiting = {ask.trial_id: ask for ask in asks}
        return asks

    def tell(self, answers: Iterable[Answer]) -> None:
        """Takes the answers of a whole stage, in any order.

        Raises:
            ValueError: they are not those of the trials that were asked for.
        """
        by_id = {answer.trial_id: answer for answer in answers}
        if by_id.keys() != self._waiting.keys():
            raise ValueError(f"answers must be of trials {sorted(self._waiting)}; got {sorted(by_id)}")
        asks, self._waiting = self._waiting, {}
        self._take([(ask, self._judged(ask, by_id[trial_id])) for trial_id, ask in asks.items()])

    def _judged(self, ask: Ask, answer: Answer) -> Judged:
        score = None if answer.failed else answer.score
        loss = math.inf if score is None or not math.isfinite(score) else self._sign * score
        return Judged(loss, over=loss == math.inf or answer.ended or ask.until == self.until)

    @abc.abstractmethod
    def _stage(self) -> list[Ask]:
        """The next stage."""

    @abc.abstractmethod
    def _take(self, judged: Sequence[tuple[Ask, Judged]]) -> None:
        """Learns from the answers of the stage, which come in the order of the asks."""


def key(values: Mapping[str, Any]) -> str:
    """The same text for the same values."""
    return json.dumps(values, sort_keys=True)
