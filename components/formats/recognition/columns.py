"""Learns the columns of a table, block by block."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import DataError
from components.formats.cells import dates
from components.formats.cells.numbers import Kind
from components.formats.cells.reading import Reading, UnreadCell
from components.formats.columns import is_text
from components.formats.recognition.profile import Profile
from components.formats.recognition.quantities import Quantities
from components.formats.recognition.texts import Texts


class Columns:
    """What the columns hold, as they are read."""

    def __init__(self, reading: Reading) -> None:
        """Takes how cells become values, as configured."""
        self._reading = reading
        self._learned: dict[str, Quantities | Texts] = {}
        self.late: set[str] = set()
        """Columns that turned out to be text after a block of numbers; they must be learned again from the start."""

    def add(self, name: str, cells: pa.Array) -> None:
        """Takes more cells of a column into account, where null is an empty cell.

        Raises:
            DataError: A cell does not fit the configuration of its column.
        """
        if name in self.late:
            return
        cells = self.read(name, cells)
        learned = self._learned.setdefault(name, Quantities())
        if isinstance(learned, Texts):
            learned.add_cells(cells)
        elif not learned.add_cells(cells):
            if learned.filled:
                self.late.add(name)
            else:
                self._texts(name).add_cells(cells)

    def add_typed(self, name: str, values: pa.Array) -> None:
        """Takes more values of a column of a file with types into account, where null is a missing value.

        Args:
            name: Name of the column.
            values: Whole numbers, fractions or text. Text stays text unless it is configured, or written in a style.

        Raises:
            DataError: A cell does not fit the configuration of its column.
        """
        if not is_text(values.type):
            values = self._reading.filled(name, values)
            kind = Kind.WHOLE if types.is_integer(values.type) else Kind.FRACTION
            kind = kind if values.null_count < len(values) else Kind.EMPTY
            self._quantities(name).add_values(kind, values)
            return
        cells = values.cast(pa.string())
        if name in self._reading.numbers:
            self.add(name, cells)
            return
        cells = pc.if_else(pc.equal(cells, ""), None, cells)
        self._texts(name).add_cells(self.read(name, cells))

    def again(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Learns the columns that are `late` from all rows."""
        if not self.late:
            return
        texts = {name: Texts() for name in self.late}
        for batch in batches:
            for name, learned in texts.items():
                learned.add_cells(self.read(name, batch.column(name)))
        self._learned |= texts
        self.late = set()

    def _texts(self, name: str) -> Texts:
        """The learner of a column of text; before, the column had no values, if it had cells at all."""
        learned = self._learned.get(name)
        if not isinstance(learned, Texts):
            rows = learned.rows if learned else 0
            learned = self._learned[name] = Texts()
            learned.add_cells(pa.nulls(rows, pa.string()))
        return learned

    def _quantities(self, name: str) -> Quantities:
        """The learner of a column of numbers; before, the column had no values, if it had cells at all."""
        learned = self._learned.get(name)
        if not isinstance(learned, Quantities):
            rows = learned.rows if learned else 0
            learned = self._learned[name] = Quantities()
            learned.add_values(Kind.EMPTY, pa.nulls(rows))
        return learned

    def profiles(self) -> dict[str, Profile]:
        """Returns what is known of each column."""
        return {name: learned.profile() for name, learned in self._learned.items()}

    def read(self, name: str, cells: pa.Array) -> pa.Array:
        """Returns cells in plain form.

        Raises:
            DataError: A cell does not fit the configuration of its column.
        """
        try:
            cells = self._reading.plain(name, cells)
        except UnreadCell as error:
            raise DataError(
                f"data.numbers: {name!r}: {error}; correct the example, or add such cells to data.missing"
            ) from None
        if name in self._reading.dates:
            _check_dates(name, cells, self._reading.dates[name])
        return cells


def _check_dates(name: str, cells: pa.Array, format_: str) -> None:
    cells = pc.unique(cells.drop_null())
    wrong = cells.filter(dates.seconds(cells, format_).is_null())
    if len(wrong):
        shown = ", ".join(repr(cell[:40]) for cell in wrong[:3].to_pylist())
        raise DataError(
            f"data.dates: {name!r}: not dates of the format {format_}: {shown}; correct the format, or add such cells "
            "to data.missing"
        )
