"""What a study's trials did, epoch by epoch."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from reactive_schedules.search.study import ranked

StudyRecord = Mapping[str, Any]
"""What `reactive_schedules.search.study.study_record` returns, and `study.json` holds."""

TrialRecord = Mapping[str, Any]
"""An entry of `trials` in a `StudyRecord`."""


@dataclasses.dataclass(frozen=True)
class AskRecord:
    """What one `Ask` of the search came to.

    Attributes:
        number: of the trial.
        rung: None where the search has none.
        epochs: trained for this ask alone.
        spent: epochs of the whole search up to and with this ask.
        score: of the trial so far; None if it failed.
    """

    number: int
    rung: int | None
    epochs: int
    spent: int
    score: float | None

    def __str__(self) -> str:
        return f"trial {self.number}" + ("" if self.rung is None else f", rung {self.rung}")


def short_name(path: str) -> str:
    """A parameter's name without its section: `learning_rate.peak` is `peak`."""
    return path.split(".", 1)[-1]


def sign(study: StudyRecord) -> int:
    """The factor that makes the smallest score the best."""
    return 1 if study["objective"]["direction"] == "min" else -1


def scored(study: StudyRecord) -> list[TrialRecord]:
    """The trials that have a score, the best first."""
    return ranked(study["trials"], study["objective"]["direction"])


def curve(trial: TrialRecord, metric: str) -> list[float | None]:
    """A metric by epoch, averaged over the trial's executions as far as all of them went."""
    curves = [execution["history"].get(metric, []) for execution in trial["executions"]]
    return [None if None in values else sum(values) / len(values) for values in zip(*curves, strict=False)]


def asks(study: StudyRecord) -> Iterator[AskRecord]:
    """The asks in the order of the search."""
    spent = 0
    for ask in study["asks"]:
        spent += ask["epochs"]
        yield AskRecord(**ask, spent=spent)
