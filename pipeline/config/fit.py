"""Checks a configuration against its data."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from components import code
from components.errors import DataError
from components.features import LabelFeature
from pipeline.config import columns, goal, splitting
from pipeline.config.errors import ConfigError
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
            *goal.lines(self.config, self.metric),
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
        columns.check(config, data, understanding)
        splitting.check(config.data, data, understanding.dates)
        pooled = ALL in data.inputs and not config.data.split.column
        if pooled and data.different_rows < len(config.data.splits):
            raise ConfigError(
                f"data.path: the data has only {data.different_rows} distinct rows; identical rows go to the same "
                f"split, and each of {', '.join(config.data.splits)} needs at least one row"
            )
    label, chosen = label_of(config.data.positive, data.label)
    check_monitored(config, label)
    check_loss(config.training, label)
    weights_of_classes(config.training, label.task, label.classes)
    judged = judgement(config.evaluation, data.label)
    judged = dataclasses.replace(judged, lines=(*judged.lines, *chosen))
    candidate = _candidate(config, data, judged.metric, label.has_threshold)
    return FittedConfig(config, data, label, judged, workspace, candidate, understanding)


def _with_shapes(config: Config, data: inspection.Data) -> Config:
    """The configuration with the shapes that were guessed for images."""
    if not data.shapes and data.image_files and not config.data.shapes:
        raise ConfigError(
            "data.shapes: set the shape of the images, such as {image: [64, 64, 3]}; they cannot be read here"
        )
    shapes = {**data.shapes, **config.data.shapes}
    return config.model_copy(update={"data": config.data.model_copy(update={"shapes": shapes})})


def _resized(config: Config, data: inspection.Data) -> Iterator[str]:
    """Yields lines about images that are not as the configuration states, unless the user's own code takes them."""
    if config.model.preprocessing != ModelSection().preprocessing:
        return
    yield from data.image_lines
    for name, shape in config.data.shapes.items():
        others = [
            (size, place) for size, place in data.images.get(name, {}).items() if size != tuple(shape[:2])
        ]
        for (height, width), place in others[:1]:
            yield (
                f"data.shapes: {name!r} is {list(shape)}, but the image in {place} has {height} x {width} pixels; "
                "images of other sizes are resized"
            )


def _candidate(config: Config, data: inspection.Data, metric: str, has_threshold: bool) -> str:
    parts = [
        config.model_dump(mode="json", exclude={"evaluation", "serving", "threads", "beam", "kubeflow"}),
        data.fingerprint,
        metric if has_threshold else None,  # which it is chosen for
        code.fingerprint(
            *config.code, *goal.own_code(config, metric), *(config.search.code if config.search else ())
        ),
        *(version(name) for name in ("tfx", "keras", "numpy")),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
