"""The sections of a configuration, each checked on its own."""

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from components import code
from components.errors import one_of
from components.formats import paths, registry
from pipeline.config.kubeflow import KubeflowSection
from pipeline.config.search import SearchSection
from reactive_schedules import TrainingSpec
from reactive_schedules.errors import fault
from reactive_schedules.fields import Interval, SpecModel

Shape = Annotated[list[Annotated[int, Interval("[1, 100000]")]], Field(min_length=3, max_length=3)]

LONGEST_NAME = 63
"""Characters of the longest name of a pipeline, as in Kubernetes."""

MOST_VALUES = 100_000_000
"""Most values of one image."""

METRICS = {"classification": ("accuracy", "cross_entropy"), "regression": ("rmse", "mae")}
"""Metrics that a model can be judged by, by task; the first is the default."""


def _dotted(path: str) -> str:
    try:
        code.check(path)
    except code.CodeError as error:
        raise ValueError(str(error)) from None
    return path


class DataSection(SpecModel):
    """Where the examples come from and how to read their columns.

    Attributes:
        path: Folder of CSV, Parquet or TFRecord files, or a single file.
        source: Dotted path of a function that writes the files into a folder.
        pattern: Glob of the files; needed only to compile for Kubeflow where the data cannot be read.
        label: Column to predict.
        task: Task of the model; "auto" derives it from the label's values.
        classes: Values of the label; needed only to compile for Kubeflow where the data cannot be read.
        shapes: Columns that are images, with [height, width, channels] each.
        categorical: Numeric columns to treat as categories.
        ignore: Columns to leave out.
        splits: Relative size of each split.
    """

    path: Path | None = None
    source: str | None = None
    pattern: str | None = None
    label: str
    task: Literal["auto", "classification", "regression"] = "auto"
    classes: list[str] | list[int] = []
    shapes: dict[str, Shape] = {}
    categorical: list[str] = []
    ignore: list[str] = []
    splits: dict[Literal["train", "eval", "test"], Annotated[int, Interval("[1, 1000000]")]] = {
        "train": 14,
        "eval": 3,
        "test": 3,
    }

    @model_validator(mode="after")
    def _one_origin(self) -> "DataSection":
        if (self.path is None) == (self.source is None):
            raise fault(
                "path", "give either data.path (your files) or data.source (a function that writes them)"
            )
        if len(self.splits) != 3:
            raise fault("splits", "name all three of train, eval and test")
        return self

    @field_validator("pattern")
    @classmethod
    def _of_a_known_format(cls, value: str | None) -> str | None:
        patterns = [f"*{suffix}" for suffix in registry.trainable()]
        if value is not None and value not in patterns:
            raise ValueError(f"must be {one_of(patterns)}; got {value!r}")
        return value

    @field_validator("shapes")
    @classmethod
    def _of_a_possible_size(cls, value: dict[str, Shape]) -> dict[str, Shape]:
        for name, shape in value.items():
            if math.prod(shape) > MOST_VALUES:
                raise ValueError(
                    f"{name!r} has {math.prod(shape):,} values per row; use at most {MOST_VALUES:,}"
                )
        return value

    @field_validator("path")
    @classmethod
    def _usable(cls, value: Path | None) -> Path | None:
        if value is not None and (wrong := paths.unusable_name(value)):
            raise ValueError(f"{paths.shown(value)}: {wrong}")
        return value

    @field_validator("source")
    @classmethod
    def _source_exists(cls, value: str | None) -> str | None:
        return None if value is None else _dotted(value)


class ModelSection(SpecModel):
    """The user's code: preprocessing and model.

    Attributes:
        build: Dotted path of the function that builds the Keras model.
        preprocessing: Dotted path of the function that turns raw features into model inputs.
        hyperparameters: Hyperparameters to pass to `build`.
        warm_start: Whether training starts from the weights of the model in production, if there is one.
    """

    build: str = "pipeline.models.build_model"
    preprocessing: str = "pipeline.preprocessing.preprocessing_fn"
    hyperparameters: dict[str, Any] = {}
    warm_start: bool = False

    _exists = field_validator("build", "preprocessing")(_dotted)


class EvaluationSection(SpecModel):
    """When a model may go into production.

    Attributes:
        metric: Metric that the model is judged by, one of `METRICS`.
        threshold: Minimum (accuracy) or maximum (all others) of the metric; None requires a better value than
            that of the best constant prediction.
        min_improvement: Required improvement over the model in production, in the metric's unit.
        slices: Columns to report the metric by.
    """

    metric: Literal["accuracy", "cross_entropy", "rmse", "mae"] | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    min_improvement: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    slices: list[str] = []


class ServingSection(SpecModel):
    """How many versions to serve.

    Attributes:
        keep: Number of versions to keep, newest first; older ones are removed after a push.
    """

    keep: Annotated[int, Interval("[2, 1000000]")] = 5


class Config(SpecModel):
    """The configuration of a pipeline.

    Attributes:
        name: Name of the pipeline.
        threads: Threads per TensorFlow operation; by default, one per core. The environment variable
            TF_NUM_INTRAOP_THREADS takes precedence.
        beam: Arguments of the Beam pipelines inside components, as Beam documents them.
    """

    name: str
    data: DataSection
    model: ModelSection = ModelSection()
    training: TrainingSpec
    search: SearchSection | None = None
    evaluation: EvaluationSection = EvaluationSection()
    serving: ServingSection = ServingSection()
    threads: Annotated[int, Interval("[1, 1024]")] | None = None
    beam: list[str] = ["--direct_running_mode=in_memory"]
    kubeflow: KubeflowSection = KubeflowSection()

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch("[a-z][a-z0-9-]*", value):
            raise ValueError(
                f"must be lower-case letters, digits and hyphens, starting with a letter; got {value!r}"
            )
        if len(value) > LONGEST_NAME:
            raise ValueError(f"must have at most {LONGEST_NAME} characters; got {len(value)}")
        return value

    @field_validator("beam")
    @classmethod
    def _arguments(cls, value: list[str]) -> list[str]:
        for argument in value:
            if not re.fullmatch(r"--\w+(=.+)?", argument) or argument == "--runner":
                raise ValueError(f"arguments must have the form --name=value; got {argument!r}")
        return value
