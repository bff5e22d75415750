"""What is known of a column once all of its cells have been seen."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from components.formats.cells.numbers import Kind
from components.formats.cells.reading import Reading

MOST_LEVELS = 1000
"""Categories of a column that are told apart, at most; the others become one."""

MOST_EXAMPLES = 10
"""Different cells of a column that are kept, at most."""

_WORDS = 3
"""Words of a cell of free text, on average, at least; names of products and people have fewer."""

_MANY = 20
"""Different cells of free text, and rows of a table with ids, at least."""


@dataclass(frozen=True)
class Profile:
    """What the cells of a column have in common; it depends on the cells alone, except for the examples.

    Attributes:
        kind: Kind of the cells as they are written.
        rows: Number of cells.
        filled: Number of cells that are not empty.
        distinct: Number of different cells; of numbers, counted up to more than `MOST_LEVELS`.
        examples: Different cells, without marks of missing values if there are others; all of them if there are at
            most `MOST_EXAMPLES`.
        low, high: The least and the greatest number, if all are numbers as they are written.
        is_unique: Whether all rows have different values: text, or whole numbers.
        is_code: Whether all cells have the same number of digits, some of them leading zeros.
        marked: Number of cells that stand for a missing value.
        marks: These cells, if all others are numbers or dates.
        number: An example of the style of all numbers, if they are not written plainly.
        ambiguous: Whether the separators in the numbers may be those of thousands or of decimals.
        nearly: What nearly all cells are: numbers, or dates of a format.
        others: The few different cells that are not.
        other_count: Number of these cells.
        huge: A number beyond float32, if all cells that are not numbers are such.
        dates: Formats that all cells have.
        typed: Format of the text that dates or times with a type become.
        separator: What separates the values of a list in the cells.
        words: Number of words in a cell, on average.
    """

    kind: Kind
    rows: int
    filled: int
    distinct: int
    examples: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    is_unique: bool = False
    is_code: bool = False
    marked: int = 0
    marks: tuple[str, ...] = ()
    number: str | None = None
    ambiguous: bool = False
    nearly: str = ""
    others: tuple[str, ...] = ()
    other_count: int = 0
    huge: str | None = None
    dates: tuple[str, ...] = ()
    typed: str = ""
    separator: str | None = None
    words: float = 1.0

    @property
    def is_empty(self) -> bool:
        """Whether no cell is filled, or all stand for a missing value."""
        return self.filled == self.marked

    @property
    def is_constant(self) -> bool:
        """Whether all rows have the same value."""
        return self.distinct == 1 and self.filled == self.rows

    @property
    def is_number(self) -> bool:
        """Whether the cells are numbers: plain ones, ones of a style, or except for marks of missing values."""
        if self.kind in (Kind.WHOLE, Kind.FRACTION):
            return True
        return self.number is not None or (bool(self.marks) and not self.dates)

    @property
    def gaps(self) -> float:
        """Share of the rows without a value."""
        gaps = self.rows - self.filled + (self.marked if self.marks else 0)
        return gaps / self.rows if self.rows else 0.0

    @property
    def is_text(self) -> bool:
        """Whether the cells are free text: several words, and not a few cells over and over."""
        return (
            self.kind == Kind.TEXT
            and self.words >= _WORDS
            and (self.distinct > MOST_LEVELS or self.distinct >= max(_MANY, self.filled / 2))
        )


def recognised(profiles: Mapping[str, Profile], reading: Reading) -> Reading:
    """Returns a reading that also covers how the numbers and gaps of columns are written.

    Args:
        profiles: Columns without a configuration of their own.
        reading: Reading as configured.
    """
    numbers = {name: each.number for name, each in profiles.items() if each.number and not each.dates}
    marks = {name: each.marks for name, each in profiles.items() if each.marks}
    return dataclasses.replace(
        reading, numbers={**numbers, **reading.numbers}, marks={**reading.marks, **marks}
    )


def huge(cell: str) -> str:
    """What is wrong with a column of numbers with a `Profile.huge` cell, and the remedy."""
    return (
        f"has numbers, but {cell[:40]!r} is not finite as float32, which ends at 3.4e38; scale the numbers, or add "
        "such cells to data.missing"
    )
