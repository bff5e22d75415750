"""How the rows of a data set are split: what is checked, and what the user is told."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.config.data import DataSection
from pipeline.config.errors import ConfigError
from pipeline.data.files import ALL
from pipeline.data.inspection import Data

_WORDS = {"eval": "validated", "test": "tested"}


def check(section: DataSection, data: Data) -> None:
    """Checks what decides on the splits against the data.

    Raises:
        ConfigError: A column does not exist or is the label, or a stratified label has no classes.
    """
    for kind in ("time", "group", "column"):
        name = getattr(section.split, kind)
        if name == data.label.name:
            raise ConfigError(f"data.split.{kind}: {name!r} is the label; give another column")
    if section.split.stratify and data.label.task != "classification":
        raise ConfigError(
            f"data.split.stratify: {data.label.name} is a quantity without classes; remove stratify"
        )


def settings(section: DataSection, data: Data, dates: Mapping[str, str]) -> dict[str, Any]:
    """Returns what decides on the splits, for `components.example_gen.settings.Settings`.

    Args:
        section: The configuration.
        data: The data.
        dates: Format of each column with dates.
    """
    split = section.split.decided()
    if section.split.time in dates:
        split["format"] = dates[section.split.time]
    if ALL not in data.inputs:
        split["shares"] = dict(section.splits)
    return split


def marks(section: DataSection) -> list[str]:
    """Returns the columns that decide on the split of a row, and from which no model should learn."""
    return [name for name in (section.split.group, section.split.column) if name]


def lines(section: DataSection, data: Data, dates: Mapping[str, str]) -> Iterator[str]:
    """Yields what the user should know about the splits, in a line each.

    Args:
        section: The configuration.
        data: The data.
        dates: Format of each column with dates.
    """
    yield from data.lines
    if ALL not in data.inputs:
        shares = section.splits
        missing = [name for name in ("eval", "test") if name not in data.inputs]
        kept = shares["train"] + sum(shares[name] for name in missing)
        for name in missing:
            yield (
                f"data.split: there are no files for {name}, so the model is {_WORDS[name]} on "
                f"{shares[name] / kept:.0%} of the rows for train, chosen by a hash; data.splits changes the share"
            )
    elif not section.split.decided() and dates:
        column = next(iter(dates))
        yield (
            f"data.split: rows of the same day ({column}) are in train, eval and test alike; if the model is to "
            f"predict later days, set data.split: {{time: {column}}}"
        )
