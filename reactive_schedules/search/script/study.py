"""The outcome of a search in a script or notebook."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reactive_schedules.search import space
from reactive_schedules.search.script.exchange import weights_file
from reactive_schedules.search.script.given import Given
from reactive_schedules.spec.training_spec import TrainingSpec

if TYPE_CHECKING:
    import keras

STUDY_FILE = "study.json"


@dataclasses.dataclass(frozen=True)
class Trial:
    """A trial of a study.

    Attributes:
        number: Its number, counted from 1, which is the spec as written.
        score: The objective for its final weights, as a mean over its executions; None if it failed.
        state: "completed", "stopped" (before the last rung) or "failed".
        error: Why it failed; None if it did not.
        values: Values of what is searched, by path.
        spec: Its training spec; None if the values do not make a valid one.
        hyperparameters: The hyperparameters of its model.
    """

    number: int
    score: float | None
    state: str
    error: str | None
    values: Mapping[str, Any]
    spec: TrainingSpec | None
    hyperparameters: Mapping[str, Any]


class Study:
    """The outcome of `rs.tune`.

    Attributes:
        record: Everything about the study, as plain JSON; see `reactive_schedules.search.study.study_record`.
        trials: All trials, by number.
        best: The trial with the best score.
    """

    def __init__(self, record: Mapping[str, Any], folder: Path, given: Given) -> None:
        self.record, self._folder, self._given = record, folder, given
        self.trials = [self._trial(trial) for trial in record["trials"]]
        self.best = next(trial for trial in self.trials if trial.number == record["best"])

    def _trial(self, trial: Mapping[str, Any]) -> Trial:
        kept = {name: trial[name] for name in ("number", "score", "state", "error", "values")}
        spec, model = None, self._given.hyperparameters
        if trial["training"] is not None:
            spec, model = space.from_hyperparameters(self.record["training"], model, trial["values"])
        return Trial(**kept, spec=spec, hyperparameters=model)

    def __repr__(self) -> str:
        objective = self.record["objective"]["name"]
        best = f"best {objective} {self.best.score:.4g} (trial {self.best.number})"
        return f"<Study of {len(self.trials)} trials, {best}>"

    def model(self, number: int | None = None) -> "keras.Model":
        """Returns the trained model of a trial; by default, of the best. It is not compiled.

        With several executions per trial, it is that of the first.

        Args:
            number: Number of the trial.

        Raises:
            ValueError: There is no such trial, or it has failed.
        """
        found = {trial.number: trial for trial in self.trials if trial.score is not None}
        number = self.best.number if number is None else number
        if number not in found:
            raise ValueError(
                f"number: there is no trial {number} with a score; choose one of {', '.join(map(str, found))}"
            )
        model = self._given.model(found[number].hyperparameters)
        if not model.built:
            model(self._given.example())
        model.load_weights(weights_file(self._folder, number))
        return model

    def table(self) -> list[dict[str, Any]]:
        """One row for each trial, as for `pandas.DataFrame`: number, score, state, epochs, seconds, and the values."""
        names = ("number", "score", "state", "epochs", "seconds")
        return [
            {**{name: trial[name] for name in names}, **trial["values"]} for trial in self.record["trials"]
        ]

    def page(self, path: str | os.PathLike) -> Path:
        """Writes the study as a web page; returns its path.

        Raises:
            ModuleNotFoundError: A package of the extra `search` is not installed.
        """
        from reactive_schedules.search.page import study_page

        study_page.write(self.record, path := Path(path))
        return path
