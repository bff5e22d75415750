"""The configuration of a pipeline: one YAML file, checked as a whole before TensorFlow is imported."""

import dataclasses
import hashlib
import json
import math
import re
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, field_validator, model_validator

from components import code
from components.errors import UserError
from components.features import METRIC
from pipeline.config.kubeflow import KubeflowSection
from pipeline.config.search import SearchSection, checked
from pipeline.data import inspection
from pipeline.workspace import create
from reactive_schedules import SpecError, TrainingSpec
from reactive_schedules.errors import fault, prefixed
from reactive_schedules.fields import Model
from reactive_schedules.spec.durations_fit import check_durations

Shape = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=3, max_length=3)]

METRICS = {"classification": ("accuracy", "cross_entropy"), "regression": ("rmse", "mae")}
"""What a model may be judged by; the first is the default of its task."""


class ConfigError(UserError):
    """The configuration cannot be used: one line per fault, each naming its key and the remedy."""


def _dotted(path: str) -> str:
    try:
        code.check(path)
    except code.CodeError as error:
        raise ValueError(str(error)) from None
    return path


class DataSection(Model):
    """Where the examples come from and how their columns are to be read.

    Fields:
        classes, pattern: the label's values and a glob of the files, for data that is compiled for Kubeflow
            where it cannot be read.
    """

    path: Path | None = None
    source: str | None = None
    pattern: Literal["*.csv", "*.tfrecord", "*.tfrecord.gz"] | None = None
    label: str
    task: Literal["auto", "classification", "regression"] = "auto"
    classes: list[str] | list[int] = []
    shapes: dict[str, Shape] = {}
    categorical: list[str] = []
    ignore: list[str] = []
    splits: dict[Literal["train", "eval", "test"], Annotated[int, Field(ge=1)]] = {
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

    @field_validator("source")
    @classmethod
    def _source_exists(cls, value: str | None) -> str | None:
        return None if value is None else _dotted(value)


class ModelSection(Model):
    """The user's code: what turns raw features into inputs, and what learns from them.

    Fields:
        build, preprocessing: dotted paths.
        hyperparameters: argument of `build`.
        warm_start: whether training starts with the weights of the model in production, when there is one.
    """

    build: str = "pipeline.models.build_model"
    preprocessing: str = "pipeline.preprocessing.preprocessing_fn"
    hyperparameters: dict[str, Any] = {}
    warm_start: bool = False

    _exists = field_validator("build", "preprocessing")(_dotted)


class EvaluationSection(Model):
    """When a model may go into production.

    Fields:
        metric: see `METRICS`.
        threshold: at least (accuracy) or at most (the others) this; None asks for more than the best
            constant answer reaches.
        min_improvement: how much better than the model in production, in the metric's unit.
        slices: columns to report the metric by.
    """

    metric: Literal["accuracy", "cross_entropy", "rmse", "mae"] | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    min_improvement: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    slices: list[str] = []


class ServingSection(Model):
    """What stays in production.

    Fields:
        keep: so many versions, the newest; older ones are removed after a push.
    """

    keep: Annotated[int, Field(ge=2)] = 5


class Config(Model):
    """Everything a run is made of.

    Fields:
        threads: on how many TensorFlow spreads one operation; by default as many as there are cores. The
            environment variable TF_NUM_INTRAOP_THREADS goes before it.
        beam: arguments of the Beam pipelines inside components, as Beam documents them.
    """

    name: str
    data: DataSection
    model: ModelSection = ModelSection()
    training: TrainingSpec
    search: SearchSection | None = None
    evaluation: EvaluationSection = EvaluationSection()
    serving: ServingSection = ServingSection()
    threads: Annotated[int, Field(ge=1)] | None = None
    beam: list[str] = ["--direct_running_mode=in_memory"]
    kubeflow: KubeflowSection = KubeflowSection()

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch("[a-z][a-z0-9-]*", value):
            raise ValueError(f"must be lower-case letters, digits and hyphens, a letter first; got {value!r}")
        return value

    @field_validator("beam")
    @classmethod
    def _arguments(cls, value: list[str]) -> list[str]:
        for argument in value:
            if not re.fullmatch(r"--\w+(=.+)?", argument) or argument == "--runner":
                raise ValueError(f"arguments have the form --name=value; got {argument!r}")
        return value


@dataclasses.dataclass(frozen=True)
class Run:
    """A configuration that fits its data, and where its results go.

    Attributes:
        config: the configuration.
        data: the files, looked at.
        metric: what the model is judged by.
        workspace: folder of all that runs make.
        candidate: fingerprint of all that determines the model: data, code, configuration, versions.
    """

    config: Config
    data: inspection.Data
    metric: str
    workspace: Path
    candidate: str

    @property
    def serving_dir(self) -> Path:
        """Folder of the numbered versions in production."""
        return self.workspace / "serving"


def load(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Reads and checks a configuration.

    Args:
        path: YAML file. A relative `data.path` in it is relative to the file, like a `search.prior`.
        overrides: sections to replace values in, such as `{"data": {"label": "price"}}`; paths in it are
            relative to the working directory.

    Raises:
        ConfigError: not YAML, unknown keys, wrong types or values.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_repeated_keys(path, yaml.compose(text, yaml.SafeLoader))
        document = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of a configuration file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: must be a mapping with the keys {', '.join(Config.model_fields)}")
    section = document.get("data")
    if isinstance(section, dict) and isinstance(section.get("path"), str):
        section["path"] = path.parent / section["path"]
    section = document.get("search")
    if isinstance(section, dict) and isinstance(section.get("prior"), str):
        section["prior"] = path.parent / section["prior"]
    for key, values in (overrides or {}).items():
        written = document.get(key) or {}
        if isinstance(values, dict) and not isinstance(written, dict):
            continue  # is no section; parsing says so
        document[key] = {**written, **values} if isinstance(values, dict) else values
    try:
        config = Config.parse(document)
        _check_durations(config.training)
        if config.search:
            model = config.model.hyperparameters
            config = config.model_copy(update={"search": checked(config.search, config.training, model)})
    except SpecError as error:
        raise ConfigError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None
    return config


def _refuse_repeated_keys(path: Path, root: yaml.Node | None) -> None:
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # by an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in keys:
                    line = key.start_mark.line + 1
                    raise ConfigError(f"{path}: line {line}: the key {key.value} is there twice; keep one")
                keys.add(key.value if isinstance(key, yaml.ScalarNode) else None)
                waiting.append(value)


def _check_durations(training: TrainingSpec) -> None:
    try:
        check_durations(training)
    except SpecError as error:
        raise prefixed(error, "training") from None


def prepare(config: Config, workspace: Path) -> Run:
    """Fits a configuration to its data; writes the data first when it comes from a function.

    Raises:
        ConfigError: the data is missing, its columns are not those configured, or the workspace belongs to
            another pipeline.
        UserError: there can be no such workspace.
    """
    workspace = workspace.resolve()
    others = [entry.name for entry in (workspace / "artifacts").glob("*") if entry.name != config.name]
    if others:
        raise ConfigError(
            f"workspace: {workspace} holds the pipeline {others[0]!r}, not {config.name!r}; "
            "give another folder with --workspace"
        )
    try:
        data = inspection.inspect(_data_path(config, workspace), config.data.label, config.data.task)
    except inspection.DataError as error:
        raise ConfigError(str(error)) from None
    return fit(config, data, workspace)


def fit(config: Config, data: inspection.Data, workspace: Path) -> Run:
    """Fits a configuration to data.

    Raises:
        ConfigError: the columns are not those configured, or a metric does not suit the label.
    """
    if data.columns:
        _check_columns(config, data)
        if data.different_rows < len(config.data.splits):
            raise ConfigError(
                f"data.path: there are only {data.different_rows} different rows; equal rows all go to one of the "
                f"splits {', '.join(config.data.splits)}, so each needs at least one of its own"
            )
    _check_monitored(config, data.label.task)
    metric = config.evaluation.metric or METRICS[data.label.task][0]
    if metric not in METRICS[data.label.task]:
        raise ConfigError(
            f"evaluation.metric: {metric} does not fit a {data.label.task} label; "
            f"use {' or '.join(METRICS[data.label.task])}"
        )
    return Run(config, data, metric, workspace, _candidate(config, data))


def _data_path(config: Config, workspace: Path) -> Path:
    if config.data.path is not None:
        return config.data.path.resolve()
    folder = workspace / "data" / config.name
    if not folder.is_dir():
        # Written beside its place and renamed, so that a run cut short leaves no half of a data set.
        create(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            part = Path(temporary, "part")
            part.mkdir()
            code.load(config.data.source)(part)
            try:
                part.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another run was faster
                    raise
    return folder


def _check_columns(config: Config, data: inspection.Data) -> None:
    named = {
        "data.shapes": config.data.shapes,
        "data.categorical": config.data.categorical,
        "data.ignore": config.data.ignore,
        "evaluation.slices": config.evaluation.slices,
    }
    for key, names in named.items():
        for name in names:
            if name not in data.columns:
                raise ConfigError(f"{key}: {name!r} is not a column; the data has {', '.join(data.columns)}")
    for name, shape in config.data.shapes.items():
        size = data.sizes.get(name, math.prod(shape))
        if size != math.prod(shape):
            count = "different numbers of values" if size is None else f"{size} value{'s' * (size != 1)}"
            raise ConfigError(
                f"data.shapes: {name!r} has {count} per row, but {shape} takes {math.prod(shape)}; give its own "
                "shape, or leave it out"
            )
    usable = set(data.columns) - {data.label.name} - set(config.data.ignore)
    if usable and all(data.sizes.get(name) == 0 for name in usable):
        raise ConfigError(f"data.path: all columns besides the label {data.label.name!r} are empty")
    if not usable:
        raise ConfigError(
            f"data.path: there is no column besides the label {data.label.name!r} to predict it from"
        )


def _check_monitored(config: Config, task: str) -> None:
    plateau, search = config.training.plateau, config.search
    named = {
        "training.plateau.monitor": plateau and plateau.monitor,
        "search.objective": search and search.objective,
    }
    logged = [f"{split}{name}" for name in ("loss", METRIC[task]) for split in ("", "val_")]
    elsewhere = {f"{split}{name}" for name in METRIC.values() for split in ("", "val_")}
    # A model of the user's own may log more.
    own = not config.model.build.startswith("pipeline.models.")
    for key, name in named.items():
        if name and name not in logged and (name in elsewhere or not own):
            raise ConfigError(
                f"{key}: {name} is not measured in the training of a {task}; use {', '.join(logged)}"
            )


def _candidate(config: Config, data: inspection.Data) -> str:
    parts = [
        config.model_dump(mode="json", exclude={"evaluation", "serving", "threads", "beam", "kubeflow"}),
        data.fingerprint,
        code.fingerprint(config.model.build, config.model.preprocessing),
        *(version(name) for name in ("tfx", "keras", "numpy")),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
