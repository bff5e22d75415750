"""Errors that every command reports in the same way, and the words that they share."""

from collections.abc import Iterable, Sequence

from reactive_schedules import redaction
from reactive_schedules.printable import one_line, printable


class UserError(ValueError):
    """A request cannot be carried out. The message has one line per fault, with the place and the remedy.

    Commands print the message and exit with code 2. Credentials in it are hidden.
    """

    def __init__(self, message: str) -> None:
        super().__init__(redaction.text(message))

    def __str__(self) -> str:
        return printable(super().__str__()).replace("\t", "\\t")


class DataError(UserError):
    """The data cannot be used as configured; the message names the configuration key and the remedy."""


EQUAL_ROWS = "equal rows all go to one split, so add rows that differ, or increase its share"
"""Why a split may be empty that is made by hashes, and the remedy."""

WEIGHTS = "weights are numbers, 0 or larger"
"""What the column of `data.weight` must hold."""


def no_examples(split: str, reason: str = EQUAL_ROWS) -> DataError:
    """The error for a split without examples.

    Args:
        split: Name of the split.
        reason: Why it may have none, and the remedy.
    """
    return DataError(f"data.splits: the split {split!r} has no examples; {reason}")


def rows_of(count: int) -> str:
    """A number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def one_of(words: Iterable[str]) -> str:
    """The words as a list of choices, such as `.csv, .csv.gz or .parquet`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def few(names: Sequence[str]) -> str:
    """The first 20 names, each on one line and shortened, and how many more there are."""
    more = f" and {len(names) - 20:,} more" if len(names) > 20 else ""
    shown = (one_line(name if name.isprintable() else repr(name), 100) for name in names[:20])
    return ", ".join(shown) + more
