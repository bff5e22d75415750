"""What the console says about guesses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import yaml

from components.errors import few
from components.formats.cells import styles
from components.formats.recognition.profile import MOST_LEVELS, Profile

Found = tuple[str, str]
"""What a column is taken for, in one word, and a detail."""

MOST_LINES = 10
"""Lines on the console, at most."""

_MOST_NAMES = 5
"""Columns that a line names, at most."""


def few_lines(lines: Sequence[str]) -> list[str]:
    """The first lines as the console shows them, and how many more there are."""
    more = (
        [f"… and {len(lines) - MOST_LINES} more; python -m pipeline init writes all of them"]
        if len(lines) > MOST_LINES
        else []
    )
    return [*lines[:MOST_LINES], *more]


def of(found: Mapping[str, Found], what: str) -> dict[str, str]:
    """The columns that were taken for something, with the detail of each."""
    return {name: detail for name, (kind, detail) in found.items() if kind == what}


def lines(found: Mapping[str, Found], profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yields a line for each guess, the most important first.

    Args:
        found: What columns were taken for.
        profiles: What is known of these columns.
    """
    for name in of(found, "others"):
        profile = profiles[name]
        yield (
            f"{name}: categories, because of {_cells(profile.others)} in {profile.other_count:,} of {profile.rows:,} "
            f"rows; the others are {profile.nearly}. If these are gaps, add data.missing: "
            f"{in_yaml(list(profile.others))}"
        )
    for what in ("number", "marks"):
        for group in _groups(found, what, profiles):
            yield number_line(group, profiles[group[0]])
    for group in _groups(found, "dates", profiles):
        first = group[0]
        yield (
            f"{_names(group)}: dates of the format {found[first][1]}, such as {profiles[first].examples[0]}. To change "
            f"it: data.dates: {in_yaml({first: 'FORMAT'})}, or data.categorical: {in_yaml([first])}"
        )
    for name, words in of(found, "text").items():
        yield f"{name}: free text, {words} per row. To change it: data.categorical: {in_yaml([name])}"
    for name, separator in of(found, "list").items():
        if not separator:
            yield (
                f"{name}: lists, because the number of values varies. To leave it out: data.ignore: {in_yaml([name])}"
            )
            continue
        yield (
            f"{name}: lists separated by {separator!r}, such as {profiles[name].examples[0][:40]!r}. To change it: "
            f"data.categorical: {in_yaml([name])}"
        )
    yield from _lines_of_categories(found)


def _lines_of_categories(found: Mapping[str, Found]) -> Iterator[str]:
    """Yields the lines about columns that are left out, or that are categories."""
    for what, reason in (("id", "every row has a value of its own"), ("empty", "empty")):
        if group := [*of(found, what)]:
            change = "" if what == "empty" else f". To keep it: data.categorical: {in_yaml(group[:1])}"
            yield f"{_names(group)}: left out, {reason}{change}"
    if len(constant := of(found, "constant")) == 1:
        yield "".join(f"{name}: left out, {reason}" for name, reason in constant.items())
    elif constant:
        yield f"{_names([*constant])}: left out, all rows have the same value"
    if group := [*of(found, "code")]:
        change = f"data.numbers: {in_yaml({group[0]: styles.PLAIN})}"
        yield f"{_names(group)}: categories, because of leading zeros. To change it: {change}"
    for name, levels in of(found, "levels").items():
        yield (
            f"{name}: {levels} different values, of which the {MOST_LEVELS:,} most frequent are told apart. To leave "
            f"it out: data.ignore: {in_yaml([name])}"
        )


def number_line(group: Sequence[str], profile: Profile) -> str:
    """Returns the line about columns of numbers that are written in one style, or have the same marks of gaps.

    Args:
        group: Names of the columns.
        profile: What is known of the first.
    """
    example = profile.number or ""
    if not example:
        how = "numbers"
    elif example in styles.BOOLEANS:
        how = "true is read as 1, false as 0"
    elif example == styles.PLAIN:
        how = f"numbers with spaces or signs around them, such as {profile.examples[0]!r}"
    else:
        how = f"numbers written like {example}"
        if "%" in example:
            how += ", which is read as " + str(styles.parse(example).plain(pa.array([example]))[0])
    if profile.marks:
        how += f"; {_cells(profile.marks)} {'is a gap' if len(profile.marks) == 1 else 'are gaps'}"
    if profile.ambiguous:
        other = "1.234,5" if "," in example.partition(".")[0] else "1,234.5"
        change = f"If the separator is the other one: data.numbers: {in_yaml({group[0]: other})}"
    else:
        change = f"To change it: data.categorical: {in_yaml(group[:1])}"
    return f"{_names(group)}: {how}. {change}"


def _groups(found: Mapping[str, Found], what: str, profiles: Mapping[str, Profile]) -> Iterator[list[str]]:
    """Yields the columns that were taken for the same, and of which there is the same to say."""
    groups: dict[Any, list[str]] = {}
    for name, detail in of(found, what).items():
        groups.setdefault((detail, profiles[name].marks, profiles[name].ambiguous), []).append(name)
    yield from groups.values()


def _names(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - _MOST_NAMES:,} more" if len(columns) > _MOST_NAMES else ""
    return few(columns[:_MOST_NAMES]) + more


def _cells(cells: Sequence[str]) -> str:
    return few([repr(cell[:40]) for cell in cells])


def in_yaml(value: Any) -> str:
    """A value as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6).strip()
