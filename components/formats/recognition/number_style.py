"""Learns in what style the numbers of a column are written."""

import pyarrow as pa
import pyarrow.compute as pc

from components.formats.cells import styles
from components.formats.cells.styles import Booleans, Style

_PHONE_DIGITS = 9
"""Numbers in groups of this many digits or more, all of them, are phone numbers more often than quantities."""


class NumberStyle:
    """The styles that all cells so far may have."""

    def __init__(self) -> None:
        self._possible: tuple[Style | Booleans, ...] | None = (
            None  # not known before the first cell that tells
        )
        self._groups: dict[str, set[str]] = {decimal: set() for decimal in styles.GROUPS}
        self._has_decimals = dict.fromkeys(styles.GROUPS, False)
        self._shortest, self._has_sign = 0, False

    @property
    def is_possible(self) -> bool:
        """Whether all cells so far are numbers of one style."""
        return self._possible != ()

    def add(self, cells: pa.Array) -> None:
        """Takes more cells into account, which are different, and neither null nor marks of missing values."""
        if self._possible is None and len(telling := cells.filter(pc.not_equal(cells, "0"))):
            first = telling[0].as_py()
            is_boolean = first.strip().lower() in styles.BOOLEANS
            self._possible = (Booleans(),) if is_boolean else styles.candidates(first)
        if not self._possible:
            return
        fitting = [
            (style, plain) for style in self._possible if (plain := style.plain(cells)).null_count == 0
        ]
        self._possible = tuple(style for style, _ in fitting)
        for style, plain in fitting:
            if isinstance(style, Style):
                self._add_separators(style.decimal, cells, plain)

    def _add_separators(self, decimal: str, cells: pa.Array, plain: pa.Array) -> None:
        seen = self._groups[decimal]
        self._has_decimals[decimal] = self._has_decimals[decimal] or bool(
            pc.any(pc.match_substring(plain, ".")).as_py()
        )
        for group in styles.GROUPS[decimal]:
            spaces = r"[ \x{00a0}\x{2007}\x{2009}\x{202f}]" if group == " " else f"[{group}]"
            if group not in seen and _any(cells, f"[0-9]{spaces}[0-9]{{3}}"):
                seen.add(group)
        digits = pc.min(pc.binary_length(pc.replace_substring_regex(plain, "[^0-9].*", ""))).as_py() or 0
        self._shortest = min(self._shortest or digits, digits)
        self._has_sign |= _any(cells, r"\A\s*\+")

    def found(self) -> tuple[str | None, bool]:
        """Returns an example of the style, and whether it may also be another; None if there is no style."""
        if not self._possible:
            return None, False
        first = self._possible[0]
        if isinstance(first, Booleans):
            return styles.BOOLEANS[0], False
        if len(self._possible) == 1:
            return self._example(first), False
        # Without any separator, both styles read the same; with one, it is of thousands in one and of decimals in the
        # other.
        pointed, comma = self._possible
        by_point = "," in self._groups["."], self._has_decimals["."]
        if all(by_point):
            return None, True
        if by_point == (False, False):
            return self._example(pointed), False
        is_money = styles.is_money(pointed)
        if by_point[1]:  # such as 1.234 km, or 1.234 €, which has no three decimals
            return self._example(comma if is_money else pointed), not is_money
        return self._example(pointed), not is_money

    def _example(self, style: Style) -> str | None:
        seen = self._groups[style.decimal]
        if " " in seen and (self._has_sign or self._shortest >= _PHONE_DIGITS):
            return None
        if not seen and style == Style():
            return styles.PLAIN
        return style.example(min(seen, default=""), self._has_decimals[style.decimal])


def _any(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
