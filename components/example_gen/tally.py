"""What the ExampleGen counts while it writes, and what follows for the user."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import tensorflow as tf

from components.errors import DataError, few, no_examples, rows_of
from components.example_gen.ranked import classes
from components.example_gen.rules import Rule
from components.example_gen.splits import TRAIN
from components.formats.contents import check_labelled
from components.formats.labels import counted, labels

Counts = Counter[tuple[str, ...]]
"""Sums over all rows, by name."""

UNLABELLED, ROWS, CLASS, EQUAL = "unlabelled", "rows", "class", "equal"


def count(
    rows: pa.RecordBatch, splits: np.ndarray, names: Sequence[str], label: str, separator: str | None = None
) -> Counts:
    """Counts rows.

    Args:
        rows: Values of the features.
        splits: Index of the split of each row.
        names: Names of the splits.
        label: Label of a classification; empty for no counts of classes.
        separator: What separates the labels in a cell; empty for lists, None for one label per row.
    """
    counts: Counts = Counter()
    for split, name in enumerate(names):
        counts[ROWS, name] = int(np.sum(splits == split))
    if label and separator is not None:
        chosen = splits[:, None] == np.arange(len(names))
        values, found = counted(*labels(rows.column(label), separator), chosen)
        for place, split in zip(*np.nonzero(found), strict=True):
            counts[CLASS, names[split], str(values[place])] = int(found[place, split])
    elif label:
        values, places = classes(rows, label, "data.label")
        found = np.bincount(places * len(names) + splits, minlength=len(values) * len(names))
        for place in np.flatnonzero(found).tolist():
            value, split = divmod(place, len(names))
            counts[CLASS, names[split], values[value]] = int(found[place])
    return counts


def equal_rows(parts: Iterable[tuple[int, np.ndarray]], names: Sequence[str]) -> Counts:
    """Counts the rows of a split that are also in another one.

    Args:
        parts: Indices of splits, with hashes of rows.
        names: Names of the splits.
    """
    hashes: dict[int, list[np.ndarray]] = {}
    for split, part in parts:
        hashes.setdefault(split, []).append(part)
    joined = {names[split]: np.concatenate(found) for split, found in hashes.items()}
    train = joined.pop(TRAIN, np.empty(0, np.uint64))
    counts: Counts = Counter()
    for name, found in joined.items():
        counts[EQUAL, name] = int(np.sum(np.isin(found, train)))
    return counts


def merge(parts: Iterable[Counts]) -> Counts:
    """Returns the counts of several parts of the data, in any order."""
    total: Counts = Counter()
    for part in parts:
        total.update(part)
    return total


def write(counts: Counts, file: str) -> None:
    """Writes counts as JSON."""
    tf.io.gfile.makedirs(file.rpartition("/")[0])
    with tf.io.gfile.GFile(file, "w") as stream:
        stream.write(json.dumps([[list(name), number] for name, number in counts.items()]))


def read(file: str) -> Counts:
    """Reads what `write` has written."""
    with tf.io.gfile.GFile(file, "r") as stream:
        return Counter({tuple(name): number for name, number in json.loads(stream.read())})


def remarks(
    counts: Counts, names: Sequence[str], label: str, rule: Rule, several: bool = False
) -> Iterator[str]:
    """Yields a line for each thing about the rows that the user should know.

    Args:
        counts: Sums over all rows.
        names: Names of the splits.
        label: The label.
        rule: What decided the splits.
        several: Whether rows have any number of labels.

    Raises:
        DataError: The splits cannot be trained on or judged by.
    """
    unlabelled, kept = counts[UNLABELLED,], sum(counts[ROWS, name] for name in names)
    check_labelled(label, unlabelled, unlabelled + kept, several)
    for name in names:
        if not counts[ROWS, name]:
            raise no_examples(name, rule.empty(name))
    if unlabelled:
        verb = "is" if unlabelled == 1 else "are"
        yield f"{unlabelled:,} of {rows_of(unlabelled + kept)} without {label} {verb} left out"
    yield from _classes(counts, names, label, rule, several)
    for name in names:
        if equal := counts[EQUAL, name]:
            yield (
                f"{equal:,} of {rows_of(counts[ROWS, name])} of {name} are in {TRAIN}, too: a model that has learned "
                "them by heart looks better than it is; remove them from one of the two"
            )


def _classes(counts: Counts, names: Sequence[str], label: str, rule: Rule, several: bool) -> Iterator[str]:
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for key, number in sorted(counts.items()):
        if key[0] == CLASS:
            found[key[1]][key[2]] = number
    learned = found.get(TRAIN)
    if not learned:
        return
    if len(learned) == 1 and not several:
        raise DataError(
            f"data.split: all {rows_of(counts[ROWS, TRAIN])} of {TRAIN} have {label} {next(iter(learned))!r}, so "
            "there is nothing to learn; split in another way"
        )
    remedy = (
        ""
        if rule.own or rule.ranked or several
        else "; data.split: {stratify: true} spreads every class over the splits"
    )
    for name in names:
        if new := [value for value in found[name] if value not in learned]:
            number = sum(found[name][value] for value in new)
            yield (
                f"{rows_of(number)} of {name} {'has' if number == 1 else 'have'} {label} "
                f"{few([repr(value) for value in new[:3]])}, which no row of {TRAIN} has{remedy}"
            )
        if len(found[name]) == 1 and not several:
            (only,) = found[name]
            yield f"all rows of {name} have {label} {only!r}, so it cannot tell good models from bad{remedy}"
