"""Checks a configuration against its data."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from components import code
from components.errors import DataError, few
from components.features import LabelFeature
from components.formats.columns import is_index
from components.formats.numbers import Kind
from pipeline.config import splitting
from pipeline.config.errors import ConfigError
from pipeline.config.goal import own_code
from pipeline.config.judgement import Judgement, judgement
from pipeline.config.label import label_of
from pipeline.config.monitored import check_monitored
from pipeline.config.sections import Config, ModelSection
from pipeline.config.training import check_loss, weights_of_classes
from pipeline.data import inspection
from pipeline.data.files import ALL
from pipeline.data.guesses import Understanding, guess


@dataclasses.dataclass(frozen=True)
class FittedConfig:
    """A configuration that fits its data, with the workspace for its results.

    Attributes:
        config: The configuration.
        data: Description of the data files.
        label: Label that the model predicts.
        judgement: What the model is judged by.
        workspace: Folder for everything that runs produce.
        candidate: Fingerprint of everything that determines the model: data, code, configuration, versions.
        understanding: How the columns are understood, as configured or guessed.
    """

    config: Config
    data: inspection.Data
    label: LabelFeature
    judgement: Judgement
    workspace: Path
    candidate: str
    understanding: Understanding

    @property
    def split(self) -> dict[str, Any]:
        """What decides on the splits, see `pipeline.config.splitting.settings`."""
        return splitting.settings(self.config.data, self.data, self.understanding.dates)

    @property
    def ignored(self) -> list[str]:
        """Columns that the model does not see."""
        section = self.config.data
        weight = [section.weight] if section.weight else []
        return sorted({*section.ignore, *self.understanding.dropped, *splitting.marks(section), *weight})

    @property
    def lines(self) -> list[str]:
        """What the user should know before the run, in a line each."""
        return [
            *splitting.lines(self.config.data, self.data, self.understanding.dates),
            *_resized(self.config, self.data),
            *self.judgement.lines,
            *self.understanding.lines,
        ]

    @property
    def metric(self) -> str:
        """Name of the metric that the model is judged by."""
        return self.judgement.metric

    @property
    def serving_dir(self) -> Path:
        """Folder of the pushed versions, each in a numbered folder."""
        return self.workspace / "serving"


def fit(config: Config, data: inspection.Data, workspace: Path) -> FittedConfig:
    """Checks a configuration against its data.

    Raises:
        ConfigError: A configured column does not exist, or a metric does not fit the label.
    """
    config = _with_shapes(config, data)
    is_own = config.model.preprocessing != ModelSection().preprocessing
    try:
        understanding = guess(config.data, data, is_own=is_own)
    except DataError as error:
        raise ConfigError(str(error)) from None
    typed = {name: profile.typed for name, profile in data.profiles.items() if profile.typed}
    reading = dataclasses.replace(
        understanding.reading, images=data.image_files, dates={**typed, **understanding.dates}
    )
    data = dataclasses.replace(data, reading=reading)
    if data.columns:
        _check_columns(config, data, understanding)
        splitting.check(config.data, data, understanding.dates)
        pooled = ALL in data.inputs and not config.data.split.column
        if pooled and data.different_rows < len(config.data.splits):
            raise ConfigError(
                f"data.path: the data has only {data.different_rows} distinct rows; identical rows go to the same "
                f"split, and each of {', '.join(config.data.splits)} needs at least one row"
            )
    label, chosen = label_of(config.data.positive, data.label)
    check_monitored(config, label)
    check_loss(config.training, label.task)
    weights_of_classes(config.training, label.task, label.classes)
    judged = judgement(config.evaluation, data.label)
    judged = dataclasses.replace(judged, lines=(*judged.lines, *chosen))
    candidate = _candidate(config, data, judged.metric)
    return FittedConfig(config, data, label, judged, workspace, candidate, understanding)


def _with_shapes(config: Config, data: inspection.Data) -> Config:
    """The configuration with the shapes that were guessed for images."""
    if not data.shapes and data.image_files and not config.data.shapes:
        raise ConfigError(
            "data.shapes: set the shape of the images, such as {image: [64, 64, 3]}; they cannot be read here"
        )
    shapes = {**data.shapes, **config.data.shapes}
    return config.model_copy(update={"data": config.data.model_copy(update={"shapes": shapes})})


def _check_columns(config: Config, data: inspection.Data, understanding: Understanding) -> None:
    split = config.data.split
    named = {
        **{
            f"data.split.{kind}": [name]
            for kind in ("time", "group", "column")
            if (name := getattr(split, kind))
        },
        "data.dates": config.data.dates,
        "data.text": config.data.text,
        "data.lists": config.data.lists,
        "data.numbers": config.data.numbers,
        "data.shapes": config.data.shapes,
        "data.categorical": config.data.categorical,
        "data.ignore": config.data.ignore,
        "data.weight": [config.data.weight] if config.data.weight else [],
        "evaluation.slices": config.evaluation.slices,
    }
    for key, names in named.items():
        for name in names:
            if name not in data.columns and not (key == "data.ignore" and is_index(name)):
                raise ConfigError(f"{key}: {name!r} is not a column; the data has {few(data.columns)}")
    for name, shape in config.data.shapes.items():
        size = data.sizes.get(name, math.prod(shape))
        if size != math.prod(shape):
            count = "a varying number of values" if size is None else f"{size} value{'s' * (size != 1)}"
            raise ConfigError(
                f"data.shapes: {name!r} has {count} per row, but the shape {shape} needs {math.prod(shape)}; "
                "correct the shape, or remove it"
            )
    _check_reading(config, data)
    _check_values(config, data, understanding)
    not_inputs = {data.label.name, config.data.weight, *config.data.ignore, *splitting.marks(config.data)}
    usable = set(data.columns) - not_inputs
    if usable and all(data.sizes.get(name) == 0 for name in usable):
        raise ConfigError(f"data.path: all columns except the label {data.label.name!r} are empty")
    if not usable - set(understanding.dropped):
        left_out = "".join(f"; {name!r} is left out: {why}" for name, why in understanding.dropped.items())
        raise ConfigError(
            f"data.path: there is no column except the label {data.label.name!r}{left_out}; add columns to predict it "
            "from"
        )


def _check_reading(config: Config, data: inspection.Data) -> None:
    """Checks that what is configured about cells applies to them."""
    for key in ("numbers", "missing"):
        if getattr(config.data, key) and data.format.name == "tfrecord":
            raise ConfigError(
                f"data.{key}: the values of tf.Examples have types and are taken as they are; write numbers as such, "
                f"leave missing values out, and remove data.{key}"
            )
    for name in config.data.text:
        profile = data.profiles.get(name)
        if profile and profile.kind in (Kind.WHOLE, Kind.FRACTION):
            raise ConfigError(
                f"data.text: {name!r} has numbers, such as {profile.examples[0]}; remove it, or add it to "
                "data.categorical"
            )


def _check_values(config: Config, data: inspection.Data, understanding: Understanding) -> None:
    """Checks the values of all columns that are not ignored."""
    ignored = {*config.data.ignore, *splitting.marks(config.data)}
    unusable = {}
    if config.model.preprocessing == ModelSection().preprocessing:  # it puts columns side by side
        _check_images(config, data)
        unusable = {
            name: f"{data.varying.get(name, 'has a varying number of values')}; give every row the same number, set "
            f"data.lists: {{{name}: ''}} if they are labels, read them with a model.preprocessing of your own"
            for name, size in data.sizes.items()
            if size is None and name not in understanding.lists
        }
    for name, reason in {**unusable, **data.unusable}.items():
        if name not in ignored:
            raise ConfigError(f"data.path: column {name!r} {reason}, or add it to data.ignore")


def _check_images(config: Config, data: inspection.Data) -> None:
    """Checks that the configuration states the size of all images."""
    for name, sizes in data.images.items():
        if name in {data.label.name, *config.data.ignore}:
            continue
        if name not in config.data.shapes:
            (height, width), place = next(iter(sizes.items()))
            raise ConfigError(
                f"data.path: column {name!r} holds images, such as one of {height} x {width} pixels in {place}; add "
                f"data.shapes: {{{name}: [{height}, {width}, 3]}} (height, width, channels), or add it to data.ignore"
            )


def _resized(config: Config, data: inspection.Data) -> Iterator[str]:
    """Yields a line for each column of images whose sizes are not the one that the configuration states."""
    if config.model.preprocessing != ModelSection().preprocessing:
        return
    for name, shape in config.data.shapes.items():
        others = [
            (size, place) for size, place in data.images.get(name, {}).items() if size != tuple(shape[:2])
        ]
        for (height, width), place in others[:1]:
            yield (
                f"data.shapes: {name!r} is {list(shape)}, but the image in {place} has {height} x {width} pixels; "
                "images of other sizes are resized"
            )


def _candidate(config: Config, data: inspection.Data, metric: str) -> str:
    parts = [
        config.model_dump(mode="json", exclude={"evaluation", "serving", "threads", "beam", "kubeflow"}),
        data.fingerprint,
        metric if len(data.label.classes) == 2 else None,  # which decides the threshold
        code.fingerprint(
            *config.code, *own_code(config, metric), *(config.search.code if config.search else ())
        ),
        *(version(name) for name in ("tfx", "keras", "numpy")),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
