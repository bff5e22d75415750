"""What an algorithm proposes to an oracle, stage after stage, and how a search goes on where its state was saved."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras_tuner

from reactive_schedules.search.searcher import Answer, Ask, Searcher


class Stages:
    """The stages of a search, each of which begins when all asks of the one before have answers.

    Args:
        make: Makes a searcher of a space.
        grows: Whether the searcher takes in hyperparameters that are added to the space later.
        answer: The answer to an ask, by KerasTuner's id of its trial; None while there is none.
        values_of: The values of a trial, by KerasTuner's id.
        fits: Whether these values, with KerasTuner's own entries, are those of an ask.

    Attributes:
        space: The hyperparameters that the algorithm knows.
        searcher: The algorithm; None until it knows a hyperparameter.
    """

    def __init__(
        self,
        make: Callable[[keras_tuner.HyperParameters], Searcher],
        grows: bool,
        answer: Callable[[Ask, str | None], Answer | None],
        values_of: Callable[[str], Mapping[str, Any]],
        fits: Callable[[Mapping[str, Any], Ask], bool],
    ) -> None:
        self._make, self._grows = make, grows
        self._answer, self._values_of, self._fits = answer, values_of, fits
        self._asked: dict[str, tuple[int, str]] = {}  # stage and `Ask.trial_id`, by KerasTuner's id
        self._reset()

    def _reset(self) -> None:
        self.space, self.searcher = keras_tuner.HyperParameters(), None
        self._stage: list[Ask] = []
        self._sizes: list[int] = []  # of the space, by stage

    def next(self, known: Sequence[Any]) -> Ask | None:
        """What to train next; None if that depends on what is running, or if the search is over.

        Args:
            known: All hyperparameters so far.
        """
        while True:
            given = self._given()
            for ask in self._stage:
                if ask.trial_id not in given:
                    return ask
            if not self._tell() or not self._begin(known):
                return None

    def give(self, trial_id: str, ask: Ask) -> None:
        """Records that a trial, by KerasTuner's id, answers an ask."""
        self._asked[trial_id] = (len(self._sizes), ask.trial_id)

    def newest(self) -> dict[str, str]:
        """KerasTuner's id of the highest rung of each trial, by `Ask.trial_id`."""
        return {ask_id: trial_id for trial_id, (_, ask_id) in self._asked.items()}

    def state(self) -> dict[str, Any]:
        """What is needed to go on, as plain JSON."""
        return {"sizes": self._sizes, "asked": self._asked}

    def replay(self, state: Mapping[str, Any], known: Sequence[Any]) -> bool:
        """Goes on where a state was saved.

        Args:
            state: The state.
            known: All hyperparameters so far.

        Returns:
            Whether the algorithm proposes what it had proposed.
        """
        self._asked = {trial_id: (stage, ask_id) for trial_id, (stage, ask_id) in state["asked"].items()}
        self._reset()
        for size in state["sizes"]:
            if not self._tell():  # with more trials, an earlier stage has become longer
                break
            if not self._begin(known[:size]) or not self._is_as_before():
                return False
        return True

    def _given(self) -> dict[str, str]:
        """KerasTuner's ids of the trials of the stage that have begun, by `Ask.trial_id`."""
        stage = len(self._sizes)
        return {ask_id: trial_id for trial_id, (number, ask_id) in self._asked.items() if number == stage}

    def _tell(self) -> bool:
        """Tells the algorithm the answers of the stage; False if some are missing."""
        given = self._given()
        answers = [self._answer(ask, given.get(ask.trial_id)) for ask in self._stage]
        if None in answers:
            return False
        if self.searcher and answers:
            self.searcher.tell(answer for answer in answers if answer)
            self._stage = []
        return True

    def _begin(self, known: Sequence[Any]) -> bool:
        """Begins a stage; False if there is none."""
        if self.searcher is None or self._grows:  # others draw values of later ones from what the oracle adds
            self.space.merge(known[len(self.space.space) :])
        if not self.space.space:
            return False
        if self.searcher is None:
            self.searcher = self._make(self.space)
        self._stage = self.searcher.ask()
        if self._stage:
            self._sizes.append(len(known))
            self._adopt_first()
        return bool(self._stage)

    def _adopt_first(self) -> None:
        """Lets the first trial answer the ask for its values."""
        for trial_id, (stage, _) in self._asked.items():
            for ask in self._stage if stage == 0 else ():
                if self._fits(self._values_of(trial_id), ask):
                    self.give(trial_id, ask)
                    return

    def _is_as_before(self) -> bool:
        """Whether the algorithm proposes what it had proposed before."""
        known = {ask.trial_id: ask for ask in self._stage}
        return all(
            ask_id in known and known[ask_id].values.items() <= self._values_of(trial_id).items()
            for ask_id, trial_id in self._given().items()
        )
