"""Checks the columns of a data set against a configuration."""

import math

from components.errors import WEIGHTS, few
from components.formats.cells.numbers import Kind
from components.formats.columns import is_index
from pipeline.config import splitting
from pipeline.config.errors import ConfigError
from pipeline.config.sections import Config, ModelSection
from pipeline.data.guesses import Understanding
from pipeline.data.inspection import Data
from reactive_schedules.errors import did_you_mean


def check(config: Config, data: Data, understanding: Understanding) -> None:
    """Checks that the columns that a configuration names exist and fit, and that all others can be trained on.

    Raises:
        ConfigError: They do not.
    """
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
                hint = did_you_mean(name, data.columns)
                raise ConfigError(f"{key}: {name!r} is not a column; {hint}the data has {few(data.columns)}")
    for name, shape in config.data.shapes.items():
        size = data.sizes.get(name, math.prod(shape))
        if size != math.prod(shape):
            count = "a varying number of values" if size is None else f"{size} value{'s' * (size != 1)}"
            raise ConfigError(
                f"data.shapes: {name!r} has {count} per row, but the shape {shape} needs {math.prod(shape)}; "
                "correct the shape, or remove it"
            )
    _check_weight(config.data.weight, data)
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


def _check_reading(config: Config, data: Data) -> None:
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


def _check_values(config: Config, data: Data, understanding: Understanding) -> None:
    """Checks the values of all columns that are not ignored."""
    ignored = {*config.data.ignore, *splitting.marks(config.data)}
    unusable = {}
    if config.model.preprocessing == ModelSection().preprocessing:  # it puts columns side by side
        _check_images(config, data)
        unusable = {
            name: f"{data.varying.get(name, 'has a varying number of values')}; give every row the same number, set "
            f"data.lists: {{{name}: ''}} if they are labels, read them with a model.preprocessing of your own"
            for name, size in data.sizes.items()
            if size is None and name not in {*understanding.lists, data.label.name}
        }
    for name, reason in {**unusable, **data.unusable}.items():
        if name not in ignored:
            raise ConfigError(f"data.path: column {name!r} {reason}, or add it to data.ignore")


def _check_images(config: Config, data: Data) -> None:
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


def _check_weight(name: str | None, data: Data) -> None:
    """Checks that every row has a weight, which is a number, 0 or larger, and not 0 in all of them."""
    if name is None:
        return
    where, profile, label = (
        f"data.weight: {name}",
        data.profiles.get(name),
        data.profiles.get(data.label.name),
    )
    if name == data.label.name:
        raise ConfigError(f"{where} is the label; name the column with the weights")
    if profile is None:
        raise ConfigError(f"{where} needs one number in every row")
    if profile.kind == Kind.TEXT:
        cell = (*profile.marks, *profile.examples)[0]
        raise ConfigError(f"{where} is text, such as {cell!r}; {WEIGHTS}")
    if profile.gaps and label is not None and not label.gaps:  # rows without a label are left out
        raise ConfigError(
            f"{where} is empty in {round(profile.gaps * profile.rows):,} of {profile.rows:,} rows; fill it in"
        )
    low, high = profile.low or 0.0, profile.high or 0.0
    if low < 0 or not math.isfinite(high):
        fault, number = ("negative", low) if low < 0 else ("not finite", high)
        raise ConfigError(f"{where} is {fault} in some rows, such as {number:g}; {WEIGHTS}")
    if high == 0:
        raise ConfigError(f"{where} is 0 in every row; some rows must count")
