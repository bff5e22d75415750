"""Learns a column of text, block by block, from its different cells."""

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.formats.cells import dates, styles
from components.formats.cells.numbers import WHOLE, Kind, kinds
from components.formats.recognition.distinct import Distinct, hash_texts
from components.formats.recognition.lists import SEPARATORS, Lists
from components.formats.recognition.number_style import NumberStyle
from components.formats.recognition.profile import MOST_EXAMPLES, Profile
from reactive_schedules.numerals import DECIMAL, NUMBER

MARK = (
    r"\A\s*(?:(?i:#?n/?a|<na>|[(<]?null[)>]?|none|nan|nat|missing)|\?{1,3}|-{1,3}|\x{2013}|\x{2014}|\.{1,3}|\\N"
    r"|#(?:DIV/0!|VALUE!|REF!|NUM!|NAME\?|N/A)|0000-00-00(?: 00:00:00)?)?\s*\z"
)
"""Cells that often stand for a missing value."""

_DATE = re.compile(
    rf"\s*(?:\d{{1,4}}\s*[-./:\s]\s*(?:\d|[a-z]{{3}})|(?:{'|'.join(dates.MONTHS)})[a-z]*\s+\d)", re.IGNORECASE
)
"""How all dates of `dates.FORMATS` begin; trying all of these formats takes a hundred times as long."""

_FEW = 5
"""Different cells that keep a column from being numbers, at most, to be worth a hint."""

_HUGE = rf"\A\s*[+-]?(?:(?i:inf|infinity)|{NUMBER})\s*\z"
"""Numbers that no type holds, if they are not whole: whole ones of so many digits are identifiers."""

_TWO_WORDS = r"[^\x00-@\[-`{-\x7f]{2}.* .*[^\x00-@\[-`{-\x7f]{2}"
"""Two words of letters; numbers in groups, such as those of telephones, are not text."""

_NEARLY_ALL = 0.8
"""Share of the filled cells that are numbers in a column that is nearly of numbers, at least."""


class Texts:
    """A column in which some cells are not plain numbers.

    Attributes:
        rows: Number of cells.
    """

    def __init__(self) -> None:
        self.rows = self._filled = self._spaces = self._numbers = self._marked = 0
        self._has_fractions = self._has_words = False
        self._distinct = Distinct()
        self._marks: set[str] = set()
        self._others: dict[str, int] | None = {}
        self._is_huge, self._huge = True, ""
        self._style = NumberStyle()
        self._dates: dict[str, dict[str, int]] | None = None  # cells that do not fit each format
        self._lists = [Lists(separator) for separator in SEPARATORS]
        self._examples: list[str] = []

    def add_cells(self, cells: pa.Array) -> None:
        """Takes more cells into account, where null is an empty cell."""
        self.rows += len(cells)
        self._filled += len(cells) - cells.null_count
        if cells.null_count == len(cells):
            return
        counted = pc.value_counts(cells.drop_null())
        values, counts = counted.field(0), counted.field(1).to_numpy()
        self._spaces += int(counts @ np.asarray(pc.count_substring(values, " "), np.int64))
        if self._spaces and not self._has_words:
            self._has_words = bool(pc.any(pc.match_substring_regex(values, _TWO_WORDS)).as_py())
        self._distinct.add(hash_texts(values))
        if len(self._examples) < MOST_EXAMPLES:
            first = values[:MOST_EXAMPLES]
            first = first.filter(pc.invert(pc.match_substring_regex(first, MARK))).to_pylist()
            self._examples = [*dict.fromkeys([*self._examples, *first])][:MOST_EXAMPLES]
        for each in self._lists:
            if each.is_possible:
                each.add(values, counts)
        if self._others is not None or self._is_huge or self._style.is_possible or self._dates != {}:
            self._add_written(values, counts)

    def _add_written(self, values: pa.Array, counts: np.ndarray) -> None:
        """Takes into account how cells may be written that are numbers or dates."""
        is_mark = pc.match_substring_regex(values, MARK)
        if pc.any(is_mark).as_py():
            self._marks.update(values.filter(is_mark).to_pylist())
            keep = ~np.asarray(is_mark)
            self._marked += int(counts[~keep].sum())
            values, counts = values.filter(pa.array(keep)), counts[keep]
        if not len(values):
            return
        self._style.add(values)
        if self._dates != {}:
            self._add_dates(values, counts)
        if self._others is not None or self._is_huge:
            self._add_others(values, counts)

    def _add_dates(self, values: pa.Array, counts: np.ndarray) -> None:
        """Takes into account which cells are not dates of each format."""
        if self._dates is None:
            others = sum(_DATE.match(cell) is None for cell in values[:20].to_pylist())
            self._dates = {format_: {} for format_ in dates.FORMATS if others <= _FEW}
        found = {}
        for format_, wrong in dates.nearly_matching(values, self._dates, _FEW).items():
            if format_ == "%H:%M" and not pc.all(pc.match_substring_regex(values, ":[0-9]{2}")).as_py():
                continue  # a ratio such as 16:9
            others = dict(self._dates[format_])
            for index in wrong.to_pylist():
                cell = values[index].as_py()
                others[cell] = others.get(cell, 0) + int(counts[index])
            if len(others) <= _FEW:
                found[format_] = others
        self._dates = found

    def _add_others(self, values: pa.Array, counts: np.ndarray) -> None:
        """Takes into account which cells are not plain numbers."""
        found = kinds(values)
        is_other = found == Kind.TEXT
        others = values.filter(pa.array(is_other))
        if self._is_huge and len(others):
            is_huge = np.asarray(pc.match_substring_regex(others, _HUGE))
            is_huge &= ~np.asarray(pc.match_substring_regex(others, rf"\A{WHOLE}\z"))
            self._is_huge, self._huge = bool(is_huge.all()), others[0].as_py()
        if self._others is not None:
            self._has_fractions |= bool(np.any(found == Kind.FRACTION))
            self._numbers += int(counts[~is_other].sum())
            for cell, count in zip(others[: _FEW + 1].to_pylist(), counts[is_other].tolist(), strict=False):
                self._others[cell] = self._others.get(cell, 0) + count
            if len(self._others) > _FEW:
                self._others = None

    def _has_numbers(self) -> bool:
        """Whether a cell is a number, even if no type holds it; the words for infinity are not enough."""
        return bool(self._huge) and (self._numbers > 0 or bool(DECIMAL.fullmatch(self._huge.strip())))

    def _nearly(self, formats: Mapping[str, Mapping[str, int]]) -> tuple[str, Mapping[str, int]]:
        """What nearly all cells are, in words, and how often each of the others occurs; nothing if there is nothing."""
        if self._others and self._numbers >= _NEARLY_ALL * self._filled:
            return "numbers", self._others
        for format_, wrong in formats.items():
            if sum(wrong.values()) <= (1 - _NEARLY_ALL) * (self._filled - self._marked):
                return f"dates of the format {format_}", wrong
        return "", {}

    def profile(self) -> Profile:
        """Returns what is known."""
        distinct = self._distinct.count
        is_plain = self._others == {} and self._numbers > 0
        number, ambiguous = self._style.found()
        if is_plain:
            # Text of whole numbers alone, where a file has types, may be codes.
            number, ambiguous = styles.PLAIN if self._has_fractions and not self._marks else None, False
        formats = self._dates if self._dates and self._filled > self._marked else {}
        fitting = tuple(format_ for format_, wrong in formats.items() if not wrong)
        nearly, others = ("", {}) if number or fitting else self._nearly(formats)
        lists = [each.separator for each in self._lists if each.is_list(distinct)]
        return Profile(
            Kind.TEXT if self._filled else Kind.EMPTY,
            self.rows,
            self._filled,
            distinct,
            tuple(self._examples or sorted(self._marks)[:MOST_EXAMPLES]),
            is_unique=distinct == self.rows,
            marked=self._marked,
            marks=tuple(sorted(self._marks)) if is_plain or number or fitting else (),
            number=number,
            ambiguous=ambiguous,
            nearly=nearly,
            others=tuple(sorted(others)),
            huge=self._huge if self._is_huge and not number and self._has_numbers() else None,
            other_count=sum(others.values()),
            dates=fitting,
            separator=lists[0] if lists else None,
            words=1 + self._spaces / max(1, self._filled) if self._has_words else 1.0,
        )
