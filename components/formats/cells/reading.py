"""How the cells of a table become values where they are not written plainly."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reactive_schedules.numerals import DECIMAL

if TYPE_CHECKING:
    import pyarrow as pa


class UnreadCell(Exception):
    """The cell at `index` is not a number of its column's style."""

    def __init__(self, index: int, cell: str, example: str) -> None:
        super().__init__(f"{cell[:40]!r} is not a number like {example}")
        self.index = index


@dataclass(frozen=True)
class Reading:
    """The same for training and for new rows; it is stored with the model.

    Attributes:
        missing: Cells that stand for a missing value, besides empty ones. A whole number may also have a point: pandas
            writes -999 as -999.0 in a column with gaps.
        numbers: Columns with numbers that are not written plainly, with an example of each, such as "1.234,56 €".
        marks: Columns with further cells that stand for a missing value, with these cells.
        dates: Columns with dates or times, also if they are categories and have a type, with the format of each; they
            stay text.
        images: Columns with images that are files, with the column that has the name of each file's folder; empty where
            a table has the path of each file.
        texts: Columns with free text.
        lists: Columns with several values in a cell, with the separator of each; they stay text.
    """

    missing: tuple[str, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    lists: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Reading":
        """Returns the reading of `to_json`."""
        marks = {name: tuple(cells) for name, cells in values.get("marks", {}).items()}
        return cls(
            tuple(values.get("missing", ())),
            dict(values.get("numbers", {})),
            marks,
            dict(values.get("dates", {})),
            dict(values.get("images", {})),
            tuple(values.get("texts", ())),
            dict(values.get("lists", {})),
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the attributes as plain JSON."""
        return {
            "missing": list(self.missing),
            "numbers": dict(self.numbers),
            "marks": {name: list(cells) for name, cells in self.marks.items()},
            "dates": dict(self.dates),
            "images": dict(self.images),
            "texts": list(self.texts),
            "lists": dict(self.lists),
        }

    def is_plain(self, name: str) -> bool:
        """Whether the cells of a column are read as they are written."""
        return not (self.missing or name in self.numbers or name in self.marks)

    def has_numbers(self, name: str) -> bool:
        """Whether a column has numbers, though not written plainly or with gaps."""
        return name in self.numbers or (name in self.marks and name not in self.dates)

    def is_written(self, name: str) -> bool:
        """Whether a column has dates that are understood as they are written, which may look like numbers."""
        return "%" in self.dates.get(name, "")

    def filled(self, name: str, cells: "pa.Array") -> "pa.Array":
        """Returns the cells of a column with null for those that stand for a missing value.

        Args:
            name: Name of the column.
            cells: Text, where null and empty text are missing already; or numbers.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        from components.formats.cells.numbers import is_number

        if self.is_plain(name) or cells.null_count == len(cells):
            return cells
        missing: list = sorted({"", *self.missing, *self.marks.get(name, ())})
        if is_number(cells.type):
            missing = [float(cell) for cell in missing if DECIMAL.fullmatch(cell)]
            if not missing:
                return cells
            found = pc.is_in(cells.cast(pa.float64(), safe=False), pa.array(missing, pa.float64()))
        else:
            written = [form for cell in missing for form in _forms(cell)]
            found = pc.is_in(cells, pa.array(written, cells.type))
        if not pc.any(found).as_py():
            return cells
        kept = pa.array(np.arange(len(cells)), mask=found.to_numpy(zero_copy_only=False))
        return cells.take(kept)  # unlike `if_else`, it does not keep the text behind a null

    def plain(self, name: str, cells: "pa.Array") -> "pa.Array":
        """Returns the cells of a column in plain form: numbers as `components.formats.cells.numbers` reads them.

        Args:
            name: Name of the column.
            cells: Text; null is an empty cell.

        Raises:
            UnreadCell: A cell is not a number of the column's style.
        """
        import pyarrow.compute as pc

        cells = self.filled(name, cells)
        if name not in self.numbers:
            return cells
        encoded = cells.dictionary_encode()
        plain = _style(self.numbers[name]).plain(encoded.dictionary)
        if plain.null_count:
            wrong = encoded.dictionary[plain.is_null().index(True).as_py()]
            raise UnreadCell(pc.index(cells, wrong).as_py(), wrong.as_py(), self.numbers[name])
        return plain.take(encoded.indices)


def _forms(cell: str) -> tuple[str, ...]:
    """A cell, and if it is a whole number, how else it is written in a column of numbers."""
    value = float(cell) if DECIMAL.fullmatch(cell) else math.nan
    if not value.is_integer() or abs(value) >= 2**53:
        return (cell,)
    return cell, f"{value:.0f}", f"{value:.1f}"


@functools.cache
def _style(example: str) -> Any:
    from components.formats.cells.styles import parse

    return parse(example)


PLAIN = Reading()
