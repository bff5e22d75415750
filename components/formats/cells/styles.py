"""How numbers are written in a column where they are not plain: separators, currency signs, percent signs, units.

A style is given by an example, such as `1.234,56 €`. All cells of a column have the same decimal separator, the same
sign or unit, and thousands in groups of three, if they are grouped. The number stays what is written: `12,5 %` is 12.5.
"""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import one_of
from components.formats.cells.numbers import Kind, kind_of_column, kinds

GROUPS = {".": ", '", ",": ". '"}
"""What may separate thousands, by decimal separator."""

PLAIN = "1.5"
"""An example of numbers that are written plainly, but for spaces around them or a typographic sign."""

BOOLEANS = ("true", "false")
"""Words for 1 and 0, in any case."""

_SPACES = r"[\x{00a0}\x{2007}\x{2009}\x{202f}]"
_CODES = "EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|ZAR|MXN|TRY|RUB|KRW|SGD|HKD"
_CURRENCY = rf"(?:[A-Z]{{0,3}}\p{{Sc}}|{_CODES}|Rs\.?|Fr\.|kr\.?)"
_BEGIN = re.compile(
    rf"\s*\(?\s*[+\-−]?\s*(?:[A-Z]{{0,3}}[^\w\s]|{_CODES}|Rs\.?|Fr\.|kr\.?)?\s*[+\-−]?\s*[0-9.,]"
)
"""How all numbers begin; only for these, it is worth to compile the large expressions that Arrow needs."""

_DATE = re.compile("[0-9] ?[-:/] ?[0-9]")
"""What dates, times and ratios have, but no number."""

_LETTER = r"A-Za-zµ\x{00c0}-\x{02ff}\x{0370}-\x{04ff}\x{3040}-\x{9fff}"
"""Latin, Greek, Cyrillic and East Asian letters; `\\p{L}` takes a tenth of a second to compile."""

_MORE = rf"[{_LETTER}\p{{Sc}}%°²³/. ]"
_UNIT = rf"(?: ?[\p{{Sc}}%‰°]| ?[{_LETTER}]{_MORE}|[a-zKMVW]$| [{_LETTER}]$){_MORE}{{0,18}}"
_WHOLE = r"(?:0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?:[{groups}][0-9]{{3}})+)"
_EXPONENT = "(?:[eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Style:
    """The style of a column's numbers.

    Attributes:
        decimal: Decimal separator, a point or a comma.
        prefix: What stands before the digits, such as a currency sign.
        suffix: What stands behind them, such as a percent sign or a unit.
    """

    decimal: str = "."
    prefix: str = ""
    suffix: str = ""

    def plain(self, cells: pa.Array) -> pa.Array:
        """Returns the numbers in plain form, as text; null where a cell is not a number of this style.

        Args:
            cells: Text; null stays null.
        """
        before = f"{re.escape(self.prefix)} ?" if self.prefix else ""
        after = f" ?{re.escape(self.suffix)}" if self.suffix else ""
        number = rf"(?P<sign>[+-]?){before}(?P<inner>[+-]?)(?P<body>{_body(self.decimal)}){after}"
        parts = pc.extract_regex(_tidy(cells), rf"\A(?:{number}|(?P<zero>0))\z")
        sign, inner, body, zero = parts.flatten()
        body = pc.replace_substring_regex(body, f"[{GROUPS[self.decimal]}]", "")
        if self.decimal == ",":
            body = pc.replace_substring(body, ",", ".")
        found = _finite(pc.binary_join_element_wise(sign, inner, body, zero, ""))
        if self == Style() and found.null_count > cells.null_count:  # such as 007, which is a number already
            return pc.if_else(pa.array(kinds(pc.fill_null(cells, "x")) < Kind.TEXT), cells, found)
        return found

    def example(self, groups: str = "", has_decimals: bool = True) -> str:
        """Returns an example that `parse` reads as this style.

        Args:
            groups: What separates thousands; empty if nothing does.
            has_decimals: Whether there are decimals.
        """
        whole = f"1{groups}234" if groups else "12"
        if groups in (".", ",") and not has_decimals:
            whole += f"{groups}567"
        body = f"{whole}{self.decimal}5" if has_decimals else whole
        space = " " if self.suffix[:1].isalpha() or (self.suffix and self.decimal == ",") else ""
        return f"{self.prefix}{body}{space}{self.suffix}"


@dataclass(frozen=True)
class Booleans:
    """The style of a column of the words true and false, which are read as 1 and 0."""

    def plain(self, cells: pa.Array) -> pa.Array:
        """See `Style`."""
        place = pc.index_in(pc.ascii_lower(pc.utf8_trim_whitespace(cells)), pa.array(BOOLEANS, cells.type))
        return pa.array(["1", "0"], cells.type).take(place)


def parse(example: str) -> Style | Booleans:
    """Returns the style that an example shows.

    Raises:
        ValueError: The example is not a number, or its only separator may be that of thousands or of decimals.
    """
    if example.strip().lower() in BOOLEANS:
        return Booleans()
    found = candidates(example)
    if not found:
        raise ValueError(
            f"{example!r} is not a number with at most a sign, a currency or a unit; write one of its cells"
        )
    values = {str(style.plain(pa.array([example]))[0]) for style in found}
    if len(values) > 1:
        raise ValueError(
            f"{example!r} may be {one_of(sorted(values))}; write a longer example, such as 1,234.5 or 1,5"
        )
    return found[0]


def candidates(cell: str) -> tuple[Style, ...]:
    """Returns the styles that a cell may have, with a decimal point first."""
    if not _BEGIN.match(cell) or _DATE.search(cell):
        return ()
    tidy = _tidy(pa.array([cell]))
    found = []
    for decimal in GROUPS:
        pattern = rf"\A[+-]?(?P<prefix>{_CURRENCY})? ?[+-]?{_body(decimal)}(?P<suffix>{_UNIT})?\z"
        parts = pc.extract_regex(tidy, pattern)[0].as_py()
        if parts is not None:
            style = Style(decimal, parts["prefix"], parts["suffix"].strip())
            if style.plain(tidy).null_count == 0:
                found.append(style)
    return tuple(found)


def is_money(style: Style) -> bool:
    """Whether a style has a currency, whose numbers do not have three decimals."""
    texts = pa.array([style.prefix, style.suffix])
    return bool(pc.any(pc.match_substring_regex(texts, rf"\A{_CURRENCY}\z")).as_py())


def _body(decimal: str) -> str:
    """Regular expression of a number without sign."""
    point = re.escape(decimal)
    return rf"(?:{_WHOLE.format(groups=GROUPS[decimal])}(?:{point}[0-9]*)?|{point}[0-9]+){_EXPONENT}"


def _tidy(cells: pa.Array) -> pa.Array:
    """Cells with ASCII spaces and signs, without spaces around them; parentheses around them are a minus sign."""
    cells = pc.utf8_trim_whitespace(cells)
    if not pc.all(pc.string_is_ascii(cells)).as_py():
        cells = pc.replace_substring_regex(cells, _SPACES, " ")
        cells = pc.replace_substring(cells, "\u2212", "-")
        cells = pc.replace_substring(cells, "\u2019", "'")
    if pc.any(pc.starts_with(cells, "(")).as_py():
        cells = pc.replace_substring_regex(cells, r"\A\(([^+-].*)\)\z", r"-\1")
    return cells


def _finite(cells: pa.Array) -> pa.Array:
    """Cells with null for what is too large to be a number."""
    if kind_of_column(cells) < Kind.TEXT:
        return cells
    filled = pc.fill_null(cells, "")
    return pc.if_else(pa.array(kinds(filled) == Kind.TEXT), None, cells)
