"""Reads the JSON files that runs write, and checks that they have what readers rely on."""

import functools
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from components.errors import UserError
from components.features import Task
from reactive_schedules import documents
from reactive_schedules.printable import one_line
from reactive_schedules.search.progress import Progress


class DamagedFile(UserError):
    """A file that a run wrote is damaged: one line with the file, the fault and the remedy."""


Metrics = dict[str, float | None]


Interval = Annotated[list[float], Field(min_length=2, max_length=2)]
"""The ends of an interval."""


class Difference(TypedDict):
    """How much better a model is than the one in production."""

    value: float
    interval: Interval | None


class _Averaged(TypedDict):
    average: float | None
    members: list[float | None]


class _Ensemble(TypedDict):
    members: int
    seeds: Annotated[list[int], Field(min_length=2)]
    validation: dict[str, _Averaged]


class _Configured(TypedDict):
    scores: Metrics
    interval: Interval | None
    differences: dict[str, Difference]


class Evaluation(TypedDict):
    """`metrics.json` of the Evaluator, and `evaluation.json` of a pushed model; earlier releases wrote fewer keys."""

    metric: str
    candidate: Metrics
    baseline: Metrics | None
    baseline_version: str | None
    blessed: bool
    reasons: list[str]
    larger_is_better: NotRequired[bool]
    intervals: NotRequired[dict[str, Interval | None]]
    differences: NotRequired[dict[str, Difference]]
    configured: NotRequired[_Configured | None]
    test_rows: NotRequired[str]
    positive: NotRequired[str | int | None]
    decision_threshold: NotRequired[float | None]
    ensemble: NotRequired[_Ensemble | None]
    notes: NotRequired[list[str]]


class _Rate(TypedDict):
    family: str


class Training(TypedDict):
    """A training spec, whose family may be one of the user's own that is not registered here."""

    learning_rate: _Rate
    plateau: dict[str, Any] | None


class _Model(TypedDict):
    build: NotRequired[str]
    hyperparameters: NotRequired[dict[str, Any]]


class _Fingerprint(TypedDict):
    fingerprint: str | None


class _Code(TypedDict):
    fingerprint: NotRequired[str | None]
    commit: NotRequired[str | None]
    modified: NotRequired[bool | None]


class _History(TypedDict):
    loss: list[float | None]


class _Decision(TypedDict):
    epoch: int
    reason: str


class _Member(TypedDict):
    """One of the models that are averaged."""

    seed: int
    history: _History
    best_epoch: int | None
    best_metric: float | None


class Record(TypedDict):
    """`record.json` of the Trainer; with an ensemble, the training is that of its first member."""

    training: Training
    goal: NotRequired[dict[str, Any]]
    model: NotRequired[_Model]
    base_model: NotRequired[str | None]
    history: _History
    decisions: list[_Decision]
    best_epoch: int | None
    best_metric: float | None
    stopped_by: str | None
    ensemble: NotRequired[_Ensemble]
    members: NotRequired[list[_Member]]


class _Feature(TypedDict):
    dtype: str
    shape: list[int] | None
    rows_input: str
    several: NotRequired[bool]


class _Label(TypedDict):
    name: str
    task: Task
    classes: list[str] | list[int]
    separator: NotRequired[str]
    threshold: NotRequired[float | None]


class _Reading(TypedDict):
    missing: NotRequired[list[str]]
    numbers: NotRequired[dict[str, str]]
    marks: NotRequired[dict[str, list[str]]]
    dates: NotRequired[dict[str, str]]
    images: NotRequired[dict[str, str]]
    texts: NotRequired[list[str]]
    lists: NotRequired[dict[str, str]]


class Card(TypedDict):
    """`model.json` of an exported model; earlier releases wrote fewer keys."""

    features: NotRequired[dict[str, _Feature]]
    input_values: NotRequired[int]
    label: _Label
    reading: NotRequired[_Reading]
    training: NotRequired[Training]
    model: NotRequired[_Model]
    data: NotRequired[_Fingerprint | None]
    code: NotRequired[_Code]
    candidate: NotRequired[str | None]
    base_model: NotRequired[str | None]


class StoredResiduals(TypedDict):
    """`residuals.json` of an exported regression; earlier releases wrote none."""

    rows: float
    levels: list[float]
    widths: list[float]


class _Finding(TypedDict):
    kind: str
    column: str
    finding: str
    yaml: str


class Health(TypedDict):
    """`health.json` of the Report."""

    findings: list[_Finding]


class _Id(TypedDict):
    id: int


class _Artifacts(TypedDict):
    model: _Id


class Lineage(TypedDict):
    """`lineage.json` of a pushed model."""

    version: int
    candidate: str | None
    artifacts: _Artifacts


class _Objective(TypedDict):
    name: str
    direction: Literal["min", "max"]


class _Trial(TypedDict):
    number: int
    values: dict[str, Any]
    state: str
    score: float | None
    error: str | None
    epochs: int


class _Cost(TypedDict):
    epochs: int
    updates: int


class Study(TypedDict):
    """`study.json` of the Tuner."""

    objective: _Objective
    trials: list[_Trial]
    best: int | None
    cost: _Cost
    choice: NotRequired[str]
    ended_early: NotRequired[str | None]


class SearchProgress(Progress):
    """`progress.json` of the Tuner: the progress of a search, and the file of its page."""

    page: str


def read(file: Path, shape: Any) -> dict[str, Any]:
    """The content of a file, with all its keys.

    Args:
        file: JSON file.
        shape: One of the types above: keys that the file must have, and their types.

    Raises:
        DamagedFile: The file is not JSON, or does not have the shape.
        OSError: The file cannot be read.
    """
    try:
        content = documents.from_json(file.read_bytes().decode())
        _adapter(shape).validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(map(str, first["loc"]))
        raise _damaged(file, f"{path}: {first['msg']}") from None
    except ValueError as error:
        raise _damaged(file, str(error)) from None
    return content


@functools.cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _damaged(file: Path, reason: str) -> DamagedFile:
    return DamagedFile(
        f"{file}: is damaged ({one_line(reason)}); restore it from a copy, or run the pipeline again"
    )
