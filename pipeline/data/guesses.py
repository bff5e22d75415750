"""What is guessed about the columns of a data set, where the configuration does not say."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from components.errors import DataError
from components.formats.cells.date_formats import EPOCHS
from components.formats.cells.numbers import Kind
from components.formats.cells.reading import Reading
from components.formats.recognition.profile import MOST_LEVELS, Profile, huge, recognised
from pipeline.data import names
from pipeline.data.guess_lines import Found, in_yaml, lines, of

if TYPE_CHECKING:
    from pipeline.data.inspection import Data

_ENOUGH_ROWS = 20
"""Rows from which on a column can be seen to be an id."""

_FREQUENT = 0.05
"""Share of the rows that have a gap, from which on gaps are a feature of their own."""

_SECONDS = (631_152_000, 2_524_608_000)
"""Times that are written as seconds since 1970: from 1990 to 2050."""


class Split(Protocol):
    """See `pipeline.config.data.SplitSection`."""

    column: str | None
    group: str | None


class Section(Protocol):
    """See `pipeline.config.data.DataSection`."""

    categorical: list[str]
    ignore: list[str]
    shapes: Mapping[str, Any]
    weight: str | None
    dates: dict[str, str]
    text: list[str]
    lists: dict[str, str]
    numbers: dict[str, str]
    missing: list[str]
    split: Split


@dataclass(frozen=True)
class Understanding:
    """How the columns are understood: as configured, and as guessed where nothing is configured.

    Attributes:
        dates: Columns with dates or times, and the format of each.
        text: Columns with free text.
        lists: Columns with several values in a cell, and the separator of each.
        numbers: Columns with numbers that are not written plainly, and an example of each.
        missing: Cells that stand for a missing value in all columns.
        marks: Columns with further such cells, and these cells.
        gaps: Columns of numbers or dates whose gaps are a feature of their own.
        categorical: Columns of numbers that are categories.
        dropped: Columns that are left out, and why.
        lines: What was guessed, why, and what changes it; a line each, the most important first.
    """

    dates: Mapping[str, str]
    text: tuple[str, ...]
    lists: Mapping[str, str]
    numbers: Mapping[str, str]
    missing: tuple[str, ...]
    marks: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    dropped: Mapping[str, str] = dataclasses.field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """How cells become values."""
        return Reading(self.missing, self.numbers, self.marks, self.dates, texts=self.text, lists=self.lists)


def guess(section: Section, data: "Data", *, is_own: bool = False) -> Understanding:
    """Completes a configuration with what was recognised.

    Args:
        section: The configuration.
        data: Description of the data.
        is_own: Whether the user's own `preprocessing_fn` takes the columns, so that nothing is guessed.

    Raises:
        DataError: Day and month of dates cannot be told apart.
    """
    if is_own:
        return _configured(section, data)
    taken = {
        *(data.label.name, section.weight, section.split.column, section.split.group),
        *(*section.categorical, *section.ignore, *section.shapes),
        *(*section.dates, *section.text, *section.lists, *section.numbers),
    }
    free = {name: each for name, each in data.profiles.items() if name not in taken}
    found = {name: _recognise(name, profile) for name, profile in free.items()}
    found |= {name: ("list", "") for name in data.words if name not in taken}
    found = _keep_one(found, data, section)
    numbers = {name: free[name] for name, (what, _) in found.items() if what in ("number", "marks", "dates")}
    reading = recognised(numbers, data.reading)
    base = _configured(section, data, reading)
    dates = {**of(found, "dates"), **section.dates}
    gaps = [
        name
        for name, profile in data.profiles.items()
        if name not in {data.label.name, section.weight, *section.ignore, *section.categorical}
        and name not in {*section.text, *section.lists}
        and (name in dates or (profile.is_number and found.get(name, ("", ""))[0] in ("number", "marks", "")))
        and not profile.is_empty
        and profile.gaps >= _FREQUENT
    ]
    return dataclasses.replace(
        base,
        dates=dates,
        text=(*section.text, *of(found, "text")),
        lists={**of(found, "list"), **base.lists},
        gaps=tuple(gaps),
        categorical=(*section.categorical, *of(found, "code")),
        dropped={**of(found, "empty"), **of(found, "constant"), **of(found, "id")},
        lines=tuple(lines(found, free)),
    )


def _configured(section: Section, data: "Data", reading: Reading | None = None) -> Understanding:
    reading = reading or data.reading
    of_label = {data.label.name: data.label.separator} if data.label.task == "multilabel" else {}
    return Understanding(
        dict(section.dates),
        tuple(section.text),
        {**section.lists, **of_label},
        dict(reading.numbers),
        tuple(section.missing),
        dict(reading.marks),
        categorical=tuple(section.categorical),
    )


def _recognise(name: str, profile: Profile) -> Found:
    """What a column is, in one word, and a detail that depends on the word; nothing if there is nothing to say."""
    if profile.is_empty:
        return "empty", "it is empty"
    if profile.is_constant:
        return "constant", f"all rows have the value {profile.examples[0][:40]!r}"
    if profile.kind == Kind.TEXT:
        return _recognise_text(name, profile)
    return _recognise_number(name, profile)


def _recognise_text(name: str, profile: Profile) -> Found:
    if profile.dates:
        return "dates", date_format(name, profile)
    if profile.huge:
        raise DataError(f"data.path: column {name!r} {huge(profile.huge)}, or the column to data.categorical")
    is_id = profile.is_unique and profile.rows >= _ENOUGH_ROWS
    choices = (
        (profile.number, "number", profile.number),
        (profile.marks, "marks", ""),
        (profile.others, "others", ""),
        (profile.separator, "list", profile.separator),
        (profile.is_text, "text", f"{profile.words:.0f} words"),
        (is_id, "id", "every row has a value of its own"),
        (profile.distinct > MOST_LEVELS, "levels", f"{profile.distinct:,}"),
    )
    return next(((what, detail or "") for holds, what, detail in choices if holds), ("", ""))


def _recognise_number(name: str, profile: Profile) -> Found:
    low, high = profile.low or 0.0, profile.high or 0.0
    if profile.kind == Kind.WHOLE and names.says_time(name):
        for format_, units in EPOCHS.items():
            if _SECONDS[0] * units <= low and high <= _SECONDS[1] * units:
                return "dates", format_
        if profile.dates:
            return "dates", profile.dates[0]
    if profile.is_unique and profile.rows >= _ENOUGH_ROWS:
        is_index = high - low + 1 == profile.rows and not names.says_time(name)
        is_index = is_index and (low in (0, 1) or names.says_count(name))
        if names.says_id(name) or is_index or profile.is_code:
            return "id", "every row has a number of its own"
    return ("code", "") if profile.is_code else ("", "")


def date_format(name: str, profile: Profile) -> str:
    """Returns the format of a column of dates.

    Raises:
        DataError: Day and month cannot be told apart.
    """
    first = profile.dates[0]
    other = re.sub("%[dm]", lambda found: "%m" if found[0] == "%d" else "%d", first)
    if other != first and other in profile.dates:
        one, two = in_yaml({name: first}), in_yaml({name: other})
        raise DataError(
            f"data.dates: in {name!r}, day and month cannot be told apart, as in {profile.examples[0]!r}; add "
            f"data.dates: {one}, or {two} if the month comes first"
        )
    return first


def _keep_one(found: Mapping[str, Found], data: "Data", section: Section) -> dict[str, Found]:
    """Keeps ids if no other column is left; those that are named so, only if there are no others."""
    left = set(data.columns) - {data.label.name, *section.ignore}
    if left - {name for name, (what, _) in found.items() if what in ("empty", "constant", "id")}:
        return dict(found)
    ids = of(found, "id")
    kept = [name for name in ids if not names.says_id(name)] or [*ids]
    return {**found, **dict.fromkeys(kept, ("", ""))}
