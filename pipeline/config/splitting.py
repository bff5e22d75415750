"""How the rows of a data set are split: what is checked, and what the user is told."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.errors import DataError, few, one_of
from components.formats.cells import date_formats
from components.formats.cells.numbers import Kind
from components.formats.recognition.profile import Profile
from components.formats.split_names import SYNONYMS, split_of
from pipeline.config.data import DataSection
from pipeline.config.errors import ConfigError
from pipeline.data.files import ALL
from pipeline.data.guesses import date_format
from pipeline.data.inspection import Data

_WORDS = {"eval": "validated", "test": "tested"}


def check(section: DataSection, data: Data, dates: Mapping[str, str]) -> None:
    """Checks what decides on the splits against the data, as far as the inspection has seen it.

    Args:
        section: The configuration.
        data: The data.
        dates: Format of each column with dates.

    Raises:
        ConfigError: A column is the label, or not every row says where it belongs, or a split has no rows.
    """
    split = section.split
    for kind in ("time", "group", "column"):
        name = getattr(split, kind)
        if name == data.label.name:
            raise ConfigError(f"data.split.{kind}: {name!r} is the label; give another column")
        if name in data.profiles and _all_labelled(data):
            _check_values(kind, name, data.profiles[name], section, dates)
    if split.stratify and data.label.task != "classification":
        what = "is a number" if data.label.task == "regression" else "has several labels per row"
        raise ConfigError(
            f"data.split.stratify: it needs classes, but {data.label.name} {what}; remove stratify"
        )
    rare = [
        each
        for each, rows in zip(data.label.classes, data.label.counts, strict=False)
        if rows < len(SYNONYMS)
    ]
    if split.stratify and rare:
        raise ConfigError(
            f"data.split.stratify: too few rows of {data.label.name} {few([repr(each) for each in rare[:3]])}; each of "
            f"{', '.join(SYNONYMS)} needs one; add rows, remove these, or do without stratify"
        )


def _all_labelled(data: Data) -> bool:
    """Whether no row is left out, so that each must say where it belongs."""
    label = data.profiles.get(data.label.name)
    return label is not None and not label.gaps


def _check_values(
    kind: str, name: str, profile: Profile, section: DataSection, dates: Mapping[str, str]
) -> None:
    key = f"data.split.{kind}: {name!r}"
    if empty := round(profile.gaps * profile.rows):
        raise ConfigError(
            f"{key} is empty in {empty:,} of {profile.rows:,} rows; fill in these cells, or remove the rows"
        )
    if kind == "time" and profile.kind == Kind.TEXT and not (_format(name, profile, dates) or profile.number):
        cell = (*profile.others, *profile.examples)[0]
        remedy = (
            "correct these rows"
            if profile.nearly
            else f"give their format: data.dates: {{{name}: '%d.%m.%Y'}}"
        )
        raise ConfigError(f"{key} has cells that are not dates or numbers, such as {cell[:40]!r}; {remedy}")
    if kind == "column":
        known = one_of(SYNONYMS)
        if strange := [cell for cell in profile.examples if split_of(cell) is None]:
            raise ConfigError(f"{key} has {few([repr(cell) for cell in strange[:3]])}; write {known}")
        found = {split_of(cell) for cell in profile.examples}
        missing = [split for split in SYNONYMS if split not in found]
        if missing and len(profile.examples) == profile.distinct:
            raise ConfigError(f"{key} has no row for {missing[0]}; mark some rows as {missing[0]!r}")
    elif profile.distinct < len(SYNONYMS):
        count = f"{profile.distinct} different {'time' if kind == 'time' else 'value'}{'s' * (profile.distinct != 1)}"
        raise ConfigError(f"{key} has only {count}; each of {', '.join(SYNONYMS)} needs one")


def _format(name: str, profile: Profile, dates: Mapping[str, str]) -> str | None:
    """The format of a column of dates, configured, guessed or, if it is not a feature, recognised.

    Raises:
        ConfigError: Day and month cannot be told apart.
    """
    try:
        return dates.get(name) or (date_format(name, profile) if profile.dates else None)
    except DataError as error:
        raise ConfigError(str(error)) from None


def settings(section: DataSection, data: Data, dates: Mapping[str, str]) -> dict[str, Any]:
    """Returns what decides on the splits, for `components.example_gen.settings.Settings`.

    Args:
        section: The configuration.
        data: The data.
        dates: Format of each column with dates.
    """
    split = section.split.decided()
    time = section.split.time
    profile = data.profiles.get(time) if time else None
    if time in dates:
        split["format"] = dates[time]
    elif time and profile and profile.kind == Kind.TEXT and (format_ := _format(time, profile, dates)):
        split["format"] = format_
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
    elif not section.split.decided():
        yield from _unused(section, data, dates)


def _unused(section: DataSection, data: Data, dates: Mapping[str, str]) -> Iterator[str]:
    """Yields a line for columns that could decide on the splits, but do not."""
    for name, profile in data.profiles.items():
        words = {split_of(cell) for cell in profile.examples}
        if name != data.label.name and None not in words and len(words) > 1:
            yield (
                f"data.split: the column {name!r} says {one_of(sorted(set(profile.examples))).replace(' or ', ' and ')}"
                f", but the rows are split by a hash; to split them as it says, set data.split: {{column: {name}}}"
            )
    recognised = {
        name: each.dates[0] for name, each in data.profiles.items() if each.dates and each.kind == Kind.TEXT
    }
    left_alone = {data.label.name, *section.categorical}
    days = [
        name
        for name, format_ in {**recognised, **dates}.items()
        if name not in left_alone and _has_days(format_)
    ]
    if days:
        yield (
            f"data.split: rows of the same day ({days[0]}) are in train, eval and test alike; if the model is to "
            f"predict later days, set data.split: {{time: {days[0]}}}"
        )


def _has_days(format_: str) -> bool:
    return (
        format_ == date_formats.ISO or format_ in date_formats.EPOCHS or re.search("%d", format_) is not None
    )
