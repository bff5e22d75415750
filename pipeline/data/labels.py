"""What the model predicts, described from its values."""

import dataclasses
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, few
from components.features import Task
from components.formats.cells import styles
from components.formats.recognition.profile import Profile
from components.formats.recognition.texts import MARK
from pipeline.data import multilabel
from pipeline.data.guess_lines import in_yaml, number_line

MAX_INTEGER_CLASSES = 20
"""A label of whole numbers with more distinct values than this is treated as a quantity."""

MAX_CLASSES = 1000
"""A classification label with more distinct values than this is refused."""

_ENOUGH_ROWS = 20
"""Rows from which on a label with a value of its own in most rows is refused."""


@dataclasses.dataclass(frozen=True)
class Label:
    """What the model predicts.

    Attributes:
        name: Name of the column (CSV) or feature (TFRecord).
        task: `classification`, `regression` or `multilabel`.
        classes: Distinct values in ascending order; empty for regression. Output unit i of a classifier stands
            for class i.
        counts: Rows of each class; empty for regression, or if the data cannot be read here.
        has_zero: Whether a number is 0.
        separator: What separates the labels in a cell of a multi-label column; empty if its rows are lists.
        rows: Rows with a label; 0 if the data cannot be read here.
    """

    name: str
    task: Task
    classes: tuple[str, ...] | tuple[int, ...]
    counts: tuple[int, ...] = ()
    has_zero: bool = False
    separator: str = ""
    rows: int = 0


def describe(
    values: np.ndarray | pa.ChunkedArray,
    name: str,
    task: Literal["auto"] | Task,
    profile: Profile | None = None,
    separator: str | None = None,
) -> Label:
    """Describes a label.

    Args:
        values: Its value in each row that has one: numbers, or text as `str`; or a list per row.
        name: Its name.
        task: Task of the model; `auto` decides by the values.
        profile: What is known of the cells.
        separator: What separates the labels in a cell, as configured in `data.lists`.

    Raises:
        DataError: The values do not fit the task.
    """
    if isinstance(values, pa.ChunkedArray):
        return _of_lists(values, name, task, separator)
    numeric = np.issubdtype(values.dtype, np.number)
    # Transform converts the label to float32.
    if numeric and np.any(unusable := ~(np.abs(values) <= np.finfo(np.float32).max)):
        raise DataError(
            f"data.label: {name} is not finite, or too large, in {np.sum(unusable):,} of {len(values):,} rows, such "
            f"as {values[unusable][0]}; remove those rows, or scale the label"
        )
    if numeric:
        distinct, counts = np.unique(values, return_counts=True)
    else:  # sorting all texts would take as long as reading the files
        found = Counter(values.tolist())
        distinct = np.array(sorted(found), object)
        counts = np.array([found[value] for value in distinct])
    found = multilabel.chosen(distinct, name, task, separator, profile)
    if found is not None:
        _check_different(distinct, name)
        cells = pa.array(distinct, pa.string())
        return _multilabel(name, *multilabel.count(cells, counts, name, found), found, len(values))
    whole = numeric and bool(np.all(np.mod(distinct, 1) == 0))
    if task == "auto":
        if not numeric:
            _refuse_others(distinct, len(values), name, profile)
        is_classes = not numeric or (whole and len(distinct) <= MAX_INTEGER_CLASSES)
        task = "classification" if is_classes else "regression"
    _check_different(distinct, name)
    if task == "regression":
        if not numeric:
            raise DataError(
                f"data.task: {name} is text, such as {str(distinct[0])!r}; regression needs numbers"
            )
        return Label(name, task, (), has_zero=bool((distinct == 0).any()))
    if numeric and not whole:
        raise DataError(
            f"data.task: {name} contains fractions, such as {values[np.mod(values, 1) != 0][0]}; use regression"
        )
    if values.dtype == np.float64 and np.any(inexact := np.abs(distinct) > 2**24):
        raise DataError(
            f"data.label: {name} has classes that float32 rounds, such as {distinct[inexact][0]:.0f} with a point or "
            "an exponent; write them as plain whole numbers"
        )
    _check_number(distinct, name)
    classes = tuple(int(value) if numeric else str(value) for value in distinct)
    return Label(name, task, classes, tuple(counts.tolist()), rows=len(values))


def _of_lists(values: pa.ChunkedArray, name: str, task: str, separator: str | None) -> Label:
    """Describes a label with a list in each row."""
    multilabel.check_separator(name, task, separator)
    if task not in ("auto", "multilabel"):
        raise DataError(
            f"data.task: {name} has several values in a row, so it cannot be {task}; set data.task: multilabel, or "
            "write one value per row"
        )
    if separator:
        raise DataError(
            f"data.lists: {name!r} has lists in its rows, not text; set the separator to '', or remove it"
        )
    cells = values.combine_chunks()
    return _multilabel(name, *multilabel.count(cells, np.ones(len(cells)), name, ""), "", len(cells))


def _multilabel(name: str, classes: tuple, counts: tuple[int, ...], separator: str, rows: int) -> Label:
    _check_number(classes, name)
    return Label(name, "multilabel", classes, counts, separator=separator, rows=rows)


def _check_different(distinct: Any, name: str) -> None:
    if len(distinct) == 1:
        raise DataError(
            f"data.label: {name} is {few([str(distinct[0])])} in every example; there is nothing to learn"
        )


def _check_number(classes: Any, name: str) -> None:
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"data.label: {name} has {len(classes):,} distinct values; at most {MAX_CLASSES:,} classes are supported"
        )


def _refuse_others(distinct: np.ndarray, rows: int, name: str, profile: Profile | None) -> None:
    """Refuses text that nobody means as classes.

    Raises:
        DataError: The values are dates, or nearly all numbers, or most rows have a value of their own.
    """
    choice = f"or set data.task: classification to make each of the {len(distinct):,} values a class"
    if profile and profile.dates:
        raise DataError(
            f"data.label: {name} holds dates, such as {distinct[0]!r}; predict a number made from them, such as days "
            f"from another date, {choice}"
        )
    if profile and profile.nearly and len(distinct) > MAX_INTEGER_CLASSES:
        raise DataError(
            f"data.label: {name} holds {profile.nearly}, but {few([repr(each) for each in profile.others])} in "
            f"{profile.other_count:,} of {profile.rows:,} rows; correct these cells, leave the rows out with "
            f"data.missing: {in_yaml(list(profile.others))}, {choice}"
        )
    if rows / 2 < len(distinct) <= MAX_CLASSES and rows >= _ENOUGH_ROWS:
        raise DataError(
            f"data.label: {name} is text with {len(distinct):,} different values in {rows:,} rows, too many to learn "
            f"them as classes; choose another label, {choice}"
        )


def _composed(text: str) -> str:
    """A text as it looks: accents are parts of letters, and characters without a shape are left out."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(each for each in composed if unicodedata.category(each) != "Cf")


def _seen(text: str) -> str:
    """A text as it is read: also without differences in spaces and capitals."""
    return " ".join(_composed(text).split()).casefold()


def lines(label: Label, profile: Profile | None = None) -> Iterator[str]:
    """Yields what the user should know about the classes, in a line each."""
    if label.task == "multilabel":
        joined = [each for each in (profile.examples if profile else ()) if label.separator in each]
        example = (joined or [label.separator.join(map(str, label.classes[:2]))])[0]
        yield from multilabel.lines(
            label.name, label.classes, label.counts, label.rows, label.separator, example
        )
    texts = [each for each in label.classes if isinstance(each, str)]
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(_seen(text), []).append(text)
    for group in groups.values():
        if len(group) > 1:
            # Of texts that look the same, the codes of the characters are shown.
            shown = repr if len(set(map(_composed, group))) == len(group) else ascii
            yield (
                f"label {label.name}: {few([shown(each) for each in group])} are different classes, though only "
                "spaces, capitals or forms of the same characters tell them apart; if they are one, write them alike "
                "in the data"
            )
    marks = pc.match_substring_regex(pa.array(texts, pa.string()), MARK).to_pylist()
    if gaps := [text for text, is_mark in zip(texts, marks, strict=True) if is_mark]:
        yield (
            f"label {label.name}: {few([repr(each) for each in gaps])} is a class like any other; if these rows have "
            f"no label, leave them out with data.missing: {in_yaml(gaps)}"
        )
    if profile and label.task == "regression" and (profile.number or profile.marks):
        yield f"label {number_line([label.name], profile)}"
    if label.task == "multilabel":
        return
    if profile and profile.nearly:
        yield (
            f"label {label.name}: classes, because of {few([repr(each) for each in profile.others])}; the others are "
            f"{profile.nearly}. To leave these rows out: data.missing: {in_yaml(list(profile.others))}"
        )
    elif texts and profile and profile.number and profile.number not in styles.BOOLEANS:
        yield (
            f"label {label.name}: numbers written like {profile.number}, but each of its {len(texts)} values is a "
            "class, because they are few. To predict the number: data.numbers: "
            f"{in_yaml({label.name: profile.number})}, data.task: regression"
        )
    elif len(texts) > MAX_INTEGER_CLASSES and not (profile and profile.number):
        yield f"label {label.name}: text, so each of its {len(texts)} values is a class, such as {texts[0][:40]!r}"
