"""Labels of which a row may have several, such as `drama|comedy`."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import types

from components.errors import DataError, few
from components.formats.labels import counted, labels
from components.formats.recognition.lists import SEPARATORS
from components.formats.recognition.profile import Profile
from pipeline.data.guess_lines import in_yaml

CERTAIN = ("|", ";")
"""What stands between the labels of a cell even if the cells are too few to tell; commas are in too many names."""


def separator_in(values: Sequence[str], candidates: Sequence[str]) -> tuple[str, str] | None:
    """Finds what separates labels: several values share a part.

    Args:
        values: Distinct values of the label.
        candidates: Possible separators.

    Returns:
        The separator, and the first value that has it.
    """
    for separator in candidates:
        combined = [value for value in values if separator in value.strip(separator)]
        parts = Counter(part.strip() for value in values for part in set(value.split(separator)))
        if combined and max(count for part, count in parts.items() if part) > 1:
            return separator, combined[0]
    return None


def check_separator(name: str, task: str, given: str | None) -> None:
    """Checks that `data.lists` names the label only if its rows have several.

    Raises:
        DataError: `data.task` says that they have one.
    """
    if given is not None and task not in ("auto", "multilabel"):
        raise DataError(
            f"data.lists: {name!r} is the label, which has one value per row by data.task: {task}; remove it from "
            "data.lists, or set data.task: multilabel"
        )


def chosen(
    distinct: np.ndarray, name: str, task: str, given: str | None, profile: Profile | None
) -> str | None:
    """Returns what separates the labels in the cells of text; None if each cell is one class.

    Args:
        distinct: Distinct values of the label, numbers or text as `str`.
        name: Its name.
        task: Task of the model as configured.
        given: Separator as configured.
        profile: What is known of the cells.

    Raises:
        DataError: The cells seem to have several labels, but not surely, or none has although it is configured so.
    """
    check_separator(name, task, given)
    is_configured, is_number = task == "multilabel" or given is not None, distinct.dtype != object
    if is_configured and is_number:
        raise DataError(
            f"data.task: {name} has one number per row, such as {distinct[0]}; a multi-label column has several labels "
            "in a cell, such as 'drama|comedy', or lists"
        )
    if is_number or task not in ("auto", "multilabel"):
        return None
    values = distinct.tolist()
    if given is not None:
        if not given:
            raise DataError(
                f"data.lists: {name} has text in its cells, not lists; give what separates the labels, such as "
                f"{in_yaml({name: '|'})}"
            )
        return given
    recognised = profile.separator if profile and not profile.dates else None
    found = separator_in(values, CERTAIN if task == "auto" else SEPARATORS)
    if recognised:
        return recognised
    if task == "multilabel":
        if found is None:
            raise DataError(
                f"data.task: no cell of {name} has several labels; set what separates them, such as data.lists: "
                f"{in_yaml({name: '/'})}, or set data.task: classification"
            )
        return found[0]
    if found is not None:
        raise DataError(
            f"data.label: {name} may have several labels in one cell, such as {found[1]!r}; set data.task: multilabel "
            f"to predict each label, or data.task: classification to make each of the {len(values):,} combinations a "
            "class"
        )
    return None


def count(column: pa.Array, weights: np.ndarray, name: str, separator: str) -> tuple[tuple, tuple[int, ...]]:
    """Returns the labels, and the number of rows that have each.

    Args:
        column: Distinct cells, or the list of each row.
        weights: How often each cell occurs.
        name: Name of the label.
        separator: See `components.formats.labels.labels`.

    Raises:
        DataError: There is nothing to learn, or the lists are of something else.
    """
    if types.is_floating(inner := getattr(column.type, "value_type", pa.string())):
        raise DataError(f"data.label: {name} holds lists of fractions; write the names of the labels")
    try:
        values, counts = labels(column, separator)
    except pa.ArrowInvalid:
        raise DataError(f"data.label: {name} is not UTF-8 text; write it as UTF-8") from None
    names, rows = counted(values, counts, weights)
    if types.is_integer(inner) and set(names) <= {0, 1} and len(set(counts.tolist())) == 1 and counts[0] > 1:
        raise DataError(
            f"data.label: {name} holds vectors of {counts[0]} zeros and ones; write lists of the labels that apply, "
            "such as ['drama', 'comedy'] or [3, 7]"
        )
    if len(names) < 2:
        only = f"only the label {names[0]!r}" if names else "no labels"
        raise DataError(
            f"data.label: {name} has {only}; to predict whether one applies, write a column of 0 and 1"
        )
    if (rows == weights.sum()).all():
        raise DataError(
            f"data.label: {name} has all {len(names)} labels in every row; there is nothing to learn"
        )
    return tuple(names), tuple(rows.tolist())


def lines(
    name: str, classes: Sequence, counts: Sequence[int], rows: int, separator: str, example: str
) -> Iterator[str]:
    """Yields what the user should know about a label with several values per row, in a line each."""
    if separator:
        yield (
            f"label {name}: several labels per row, separated by {separator!r}, such as {example[:40]!r}; each of the "
            f"{len(classes)} is predicted on its own. Rows with an empty cell are left out; [] says that none applies. "
            "To predict the combination: data.task: classification"
        )
    else:
        yield (
            f"label {name}: lists, so each of its {len(classes)} labels is predicted on its own. Rows without a list "
            "are left out; an empty list says that none applies"
        )
    if always := [repr(each) for each, count in zip(classes, counts, strict=True) if count == rows]:
        yield f"label {name}: every row has {few(always[:3])}; there is nothing to learn about it"
