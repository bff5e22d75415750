"""The fit of a configuration to its data."""

import dataclasses
import hashlib
import json
import math
from importlib.metadata import version
from pathlib import Path

from components import code
from components.features import METRIC
from pipeline.config.errors import ConfigError
from pipeline.config.sections import METRICS, Config
from pipeline.data import inspection


@dataclasses.dataclass(frozen=True)
class FittedConfig:
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


def fit(config: Config, data: inspection.Data, workspace: Path) -> FittedConfig:
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
    return FittedConfig(config, data, metric, workspace, _candidate(config, data))


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
