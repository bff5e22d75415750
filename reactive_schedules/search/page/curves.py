"""What a study's trials did, epoch by epoch. See `components.artifacts.Study` for the dict."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from reactive_schedules.search.study import ranked

Study = Mapping[str, Any]
Trial = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Stage:
    """A trial's way through one rung, or the whole of it where there are none.

    Attributes:
        number: of the trial.
        rung: None where the search has none.
        epochs: trained in this stage.
        spent: epochs of the whole search when the stage was over.
        score: of the trial so far; None if it failed.
    """

    number: int
    rung: int | None
    epochs: int
    spent: int
    score: float | None


def short_name(path: str) -> str:
    """A parameter's name without its section: `learning_rate.peak` is `peak`."""
    return path.split(".", 1)[-1]


def sign(study: Study) -> int:
    """What to multiply scores by for the smallest to be the best."""
    return 1 if study["objective"]["direction"] == "min" else -1


def scored(study: Study) -> list[Trial]:
    """The trials that have a score, the best first."""
    return ranked(study["trials"], study["objective"]["direction"])


def curve(trial: Trial, metric: str) -> list[float | None]:
    """A metric by epoch, averaged over the trial's executions as far as all of them went."""
    curves = [execution["history"].get(metric, []) for execution in trial["executions"]]
    return [None if None in values else sum(values) / len(values) for values in zip(*curves, strict=False)]


def stages(study: Study) -> Iterator[Stage]:
    """The stages in the order in which the search went through them."""
    spent = 0
    for stage in study["stages"]:
        spent += stage["epochs"]
        yield Stage(**stage, spent=spent)
