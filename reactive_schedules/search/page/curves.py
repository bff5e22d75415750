"""The scores and curves of a study's trials."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from reactive_schedules.search.study import ranked

StudyRecord = Mapping[str, Any]
"""The result of `reactive_schedules.search.study.study_record`, and the contents of `study.json`."""

TrialRecord = Mapping[str, Any]
"""An entry of `trials` in a `StudyRecord`."""


@dataclasses.dataclass(frozen=True)
class AskRecord:
    """The result of an `Ask` of the search.

    Attributes:
        number: Number of the trial.
        rung: Rung; None if the search has no rungs.
        epochs: Number of epochs trained for this ask.
        spent: Number of epochs of the whole search so far, including this ask.
        score: Score of the trial so far; None if it failed.
    """

    number: int
    rung: int | None
    epochs: int
    spent: int
    score: float | None

    def __str__(self) -> str:
        return f"trial {self.number}" + ("" if self.rung is None else f", rung {self.rung}")


def short_name(path: str) -> str:
    """The name of a parameter without its section, such as `peak` for `learning_rate.peak`."""
    return path.split(".", 1)[-1]


def sign(study: StudyRecord) -> int:
    """1 if smaller scores are better, else -1."""
    return 1 if study["objective"]["direction"] == "min" else -1


def scored(study: StudyRecord) -> list[TrialRecord]:
    """The trials with a score, the chosen one first, then the best first."""
    found = ranked(study["trials"], study["objective"]["direction"])
    return sorted(found, key=lambda trial: trial["number"] != study["best"])


def curve(trial: TrialRecord, metric: str) -> list[float | None]:
    """A metric by epoch, averaged over the trial's executions, up to the shortest of them."""
    curves = [execution["history"].get(metric, []) for execution in trial["executions"]]
    return [None if None in values else sum(values) / len(values) for values in zip(*curves, strict=False)]


def asks(study: StudyRecord) -> Iterator[AskRecord]:
    """The results of the asks, in order."""
    spent = 0
    for ask in study["asks"]:
        spent += ask["epochs"]
        yield AskRecord(**ask, spent=spent)
