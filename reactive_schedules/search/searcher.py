"""The ask-and-tell interface of search algorithms, which propose trials in stages."""

import abc
import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Ask:
    """A request to train a trial, from the beginning or from where it stopped.

    Attributes:
        trial_id: Id of the trial, the same at every rung.
        number: Number of the trial, counted from 1.
        values: Values by path, see `reactive_schedules.search.space.from_hyperparameters`.
        until: Total number of epochs after which to stop; None trains to the end.
        rung: Rung, counted from 0; None for an algorithm without rungs.
        parent: Id of the trial whose saved state to continue from; None starts from the beginning.
        fold: Number of the confirmation, counted from 0, see `confirmation`; None for a trial of the search.
    """

    trial_id: str
    number: int
    values: Mapping[str, Any]
    until: int | None
    rung: int | None
    parent: str | None
    fold: int | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """The result of an `Ask`.

    Attributes:
        trial_id: Id of the trial.
        score: Score of the trial so far, in the unit of the objective; None, NaN and infinities count as failures.
        failed: Whether the trial failed, so that it cannot continue.
        ended: Whether the training ended before `until`, for example at a plateau, so that it cannot continue.
    """

    trial_id: str
    score: float | None
    failed: bool = False
    ended: bool = False


@dataclasses.dataclass(frozen=True)
class Judged:
    """An `Answer` in the form that algorithms use.

    Attributes:
        loss: Score with the sign for which lower is better; infinite for a failure.
        over: Whether the trial is finished and will not be asked for again.
    """

    loss: float
    over: bool


class Searcher(abc.ABC):
    """The base class of search algorithms.

    What a searcher asks depends only on its arguments and the answers so far, so an interrupted study can be resumed by
    asking from the start and telling the known answers.

    Attributes:
        trials: Maximum number of trials.
        rungs: Epochs after which trials are compared, in ascending order; empty for an algorithm without rungs.
        until: `Ask.until` for a trial that is not stopped early.
        direction: Direction of the objective.
    """

    trials: int
    rungs: tuple[int, ...] = ()

    def __init__(self, direction: Literal["min", "max"], until: int | None) -> None:
        self.direction = direction
        self._sign = 1 if direction == "min" else -1
        self.until = until
        self._waiting: dict[str, Ask] = {}

    def ask(self) -> list[Ask]:
        """The trials of the next stage, which may run in parallel; empty when the search is over.

        Raises:
            RuntimeError: The answers of the previous stage have not been told.
        """
        if self._waiting:
            raise RuntimeError(
                f"answers are missing for trials {', '.join(self._waiting)}; call tell() before ask()"
            )
        asks = self._stage()
        self._waiting = {ask.trial_id: ask for ask in asks}
        return asks

    def tell(self, answers: Iterable[Answer]) -> None:
        """Receives the answers of a whole stage, in any order.

        Raises:
            ValueError: The answers are not for the trials of the stage.
        """
        by_id = {answer.trial_id: answer for answer in answers}
        if by_id.keys() != self._waiting.keys():
            raise ValueError(f"answers: must be for trials {sorted(self._waiting)}; got {sorted(by_id)}")
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
        """Processes the answers of the stage, in the order of its asks."""


def key(values: Mapping[str, Any]) -> str:
    """A text that identifies values."""
    return json.dumps(values, sort_keys=True)
