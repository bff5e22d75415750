"""Rules that rank the rows: by time, or by their hashes within each class."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import DataError, UserError, few, rows_of
from components.example_gen.cells import MOST, Cells, ordered
from components.example_gen.rules import Rule, required, texts
from components.formats.cells import dates
from components.formats.columns import flatten
from components.formats.split_names import SYNONYMS

MOST_IN_CLASS = 2**13
"""Cells of a class, at most: a cell of a larger class has one or two hundredths of a per cent of it."""

_EMPTY, _UNREADABLE = "empty", "unreadable "


@dataclass(frozen=True)
class _Ranked(Rule):
    """What the rules have in common.

    Attributes:
        shares: Relative size of each split, by name.
    """

    shares: Mapping[str, int]
    ranked = True
    most = MOST  # cells of a group

    def sizes(self, origins: Mapping[int, int]) -> list[float]:
        """See `Rule`."""
        total = sum(origins.values())
        return [total * share / sum(self.shares.values()) for share in self.shares.values()]

    def merged(self, parts: Iterable[Cells]) -> Cells:
        """See `Rule`."""
        return Cells.merge(parts, self.most)

    @property
    def _order(self) -> list[str]:
        """The splits, the earliest first."""
        known = list(SYNONYMS)
        return sorted(self.shares, key=lambda name: known.index(name) if name in known else len(known))

    def _cut(self, cells: Cells) -> np.ndarray | None:
        return cells.cuts([self.shares[name] for name in self._order])

    def _splits(self, keys: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        names = list(self.shares)
        order = np.array([names.index(name) for name in self._order])
        return order[np.searchsorted(cuts, keys, side="right")]


@dataclass(frozen=True)
class Timed(_Ranked):
    """Splits by time: the earliest rows train, the latest test; rows of the same time are together.

    Attributes:
        column: Column with numbers, or with dates.
        format: Format of dates, see `components.formats.cells.dates`.
    """

    column: str = ""
    format: str = dates.ISO

    def counts(self, rows: pa.RecordBatch, hashes: np.ndarray) -> Iterator[tuple[str, Cells]]:
        """See `Rule`; one group for each kind of values, and for each fault."""
        if self.column not in rows.schema.names:
            raise UserError(f"data.split.time: there is no feature {self.column!r}")
        values, counts = flatten(rows.column(self.column))
        yield _EMPTY, _number(int(np.sum(counts != 1)))
        if len(values) == 0:
            return
        times = self._times(values)
        kind = "dates" if times is not values else _kind(values)
        if times.null_count:
            first = min(texts(values.filter(times.is_null())))[:40]
            yield f"{_UNREADABLE}{first}", _number(times.null_count)
        yield kind, Cells.of(ordered(times.drop_null()))

    def cuts(self, found: Mapping[str, Cells]) -> dict[str, np.ndarray]:
        """See `Rule`."""
        key = f"data.split.time: {self.column!r}"
        unreadable = {name: cells for name, cells in found.items() if name.startswith(_UNREADABLE)}
        if count := sum(cells.total for cells in unreadable.values()):
            example = min(unreadable).removeprefix(_UNREADABLE)
            wanted, remedy = f"of the format {self.format}", "correct these rows, or the format in data.dates"
            if self.format == dates.ISO:
                wanted = "a number or a date of ISO 8601"
                remedy = (
                    f"give its format, such as data.dates: {{{self.column}: '%d.%m.%Y'}}, or correct the rows"
                )
            raise DataError(f"{key} is not {wanted} in {rows_of(count)}, such as {example!r}; {remedy}")
        if _EMPTY in found and (count := found[_EMPTY].total):
            raise DataError(f"{key} is empty in {rows_of(count)}; fill in the dates, or remove the rows")
        kinds = {name: cells for name, cells in found.items() if name != _EMPTY}
        if len(kinds) != 1:
            raise DataError(f"{key} has {' and '.join(sorted(kinds)) or 'no values'}; write one type")
        (cells,) = kinds.values()
        cuts = self._cut(cells)
        if cuts is None:
            raise DataError(f"{key} has only {len(cells.numbers)} different times; each split needs one")
        return {"": cuts}

    def of(
        self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int, cuts: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """See `Rule`."""
        return self._splits(self.keys(rows), cuts[""])

    def keys(self, rows: pa.RecordBatch) -> np.ndarray:
        """Returns a number for the time of each row, as uint64; later times have larger ones."""
        values, _ = flatten(rows.column(self.column))
        return ordered(self._times(values))

    def empty(self, split: str) -> str:
        """See `Rule`."""
        return "its rows have no label; use other shares in data.splits"

    def _times(self, values: pa.Array) -> pa.Array:
        if _kind(values) == "text":
            return dates.seconds(values, self.format)
        if self.format == dates.ISO or self.format in dates.EPOCHS:
            return values
        width = len(self.format.replace("%Y", "%Y__"))
        return dates.seconds(pc.utf8_lpad(values.cast(pa.string()), width, "0"), self.format)


@dataclass(frozen=True)
class Stratified(_Ranked):
    """Splits each class in the same shares, by the ranks of the hashes of its rows; equal rows are together.

    Attributes:
        label: Column with the class.
    """

    label: str = ""
    most = MOST_IN_CLASS

    def counts(self, rows: pa.RecordBatch, hashes: np.ndarray) -> Iterator[tuple[str, Cells]]:
        """See `Rule`; one group for each class."""
        names, places = self._classes(rows)
        for place, name in enumerate(names):
            yield name, Cells.of(hashes[places == place], self.most)

    def cuts(self, found: Mapping[str, Cells]) -> dict[str, np.ndarray]:
        """See `Rule`."""
        cuts = {name: self._cut(cells) for name, cells in sorted(found.items())}
        if rare := [name for name, cut in cuts.items() if cut is None]:
            raise DataError(
                f"data.split.stratify: too few different rows of {self.label} {few([repr(name) for name in rare])}; "
                f"each of {', '.join(self._order)} needs one; add rows, remove these, or do without stratify"
            )
        return {name: cut for name, cut in cuts.items() if cut is not None}

    def of(
        self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int, cuts: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """See `Rule`."""
        names, places = self._classes(rows)
        result = np.zeros(rows.num_rows, int)
        for place, name in enumerate(names):
            chosen = places == place
            result[chosen] = self._splits(hashes[chosen], cuts[name])
        return result

    def _classes(self, rows: pa.RecordBatch) -> tuple[list[str], np.ndarray]:
        """The classes, and the place of each row's class among them."""
        return classes(rows, self.label, "data.split.stratify")


def classes(rows: pa.RecordBatch, label: str, key: str) -> tuple[list[str], np.ndarray]:
    """Returns the values of a label as text, and for each row the place of its value among them, as integers.

    Raises:
        UserError: A row does not have one value.
    """
    values, _ = flatten(required(rows, label, key).column(0))
    encoded = values.dictionary_encode()
    return texts(encoded.dictionary), encoded.indices.to_numpy()


def _kind(values: pa.Array) -> str:
    if types.is_integer(values.type):
        return "whole numbers"
    return "fractions" if types.is_floating(values.type) else "text"


def _number(count: int) -> Cells:
    return Cells.of(np.zeros(count, np.uint64))
