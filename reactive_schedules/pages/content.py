"""The content of pages. All text is plain; the template escapes it."""

import dataclasses
import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from reactive_schedules.printable import one_line

if TYPE_CHECKING:
    import plotly.graph_objects as go

Cell = object
"""Value of a table cell: text, a number, None, or any other value of a configuration, such as a list."""

LONGEST_VALUE = 300
"""Characters of a list or mapping that are shown."""


def text_of(value: Cell) -> str:
    """The text of a table cell: integers with thousands separators, other numbers with four digits, empty for None.

    Lists and mappings are written as in YAML, on one line.
    """
    match value:
        case None:
            return ""
        case bool() | str():
            return str(value)
        case numbers.Integral():
            return f"{int(value):,}"
        case numbers.Real():
            number = float(value)
            whole = abs(number) >= 1e4 or number.is_integer()
            return f"{number:,.0f}" if whole else f"{number:.4g}"
        case Mapping():
            return one_line(
                f"{{{', '.join(f'{key}: {_inner(item)}' for key, item in value.items())}}}", LONGEST_VALUE
            )
        case list() | tuple() | set() | frozenset():
            return one_line(f"[{', '.join(map(_inner, value))}]", LONGEST_VALUE)
        case _:
            return one_line(value, LONGEST_VALUE)


def _inner(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)  # commas separate the items
        case _:
            return text_of(value)


def is_number(value: object) -> bool:
    """Whether a value is shown as a number."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


@dataclasses.dataclass(frozen=True)
class Text:
    """A paragraph; `tone` emphasizes it."""

    text: str
    tone: Literal["", "good", "bad"] = ""


@dataclasses.dataclass(frozen=True)
class Facts:
    """A list of terms and their descriptions, of one or more lines."""

    rows: Sequence[tuple[str, str | Sequence[str]]]


@dataclasses.dataclass(frozen=True)
class Table:
    """A table, whose first column names the rows.

    Attributes:
        caption: Description of the table, also for screen readers.
        columns: Headings of the columns.
        rows: Rows of cells; numbers are right-aligned, None is an empty cell.
        strong: Indices of the rows to emphasize.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    strong: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class Code:
    """Code to copy."""

    caption: str
    text: str


@dataclasses.dataclass(frozen=True)
class Folded:
    """A block that opens on demand."""

    summary: str
    block: Table | Code


@dataclasses.dataclass(frozen=True)
class Plot:
    """A Plotly figure.

    All text in the figure is plain, without tags and entities; newlines break lines. Hover templates are constants:
    text from data goes into them through `meta` and `customdata`, so that it has no placeholders.

    Attributes:
        title: Heading.
        figure: Figure, with colours from the style sheet, such as `var(--blue)`, so that they follow its theme.
        alt: Summary of the plot, in a sentence or two, shown below the title.
        data: Data of the plot, as a table.
        height: Height, in CSS pixels.
    """

    title: str
    figure: "go.Figure"
    alt: str
    data: Table
    height: int = 340


Block = Text | Facts | Table | Code | Folded | Plot


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of a page with its own heading."""

    title: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        """Id of the section in the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


@dataclasses.dataclass(frozen=True)
class Tile:
    """A key figure at the top of a page, with a label and a remark."""

    label: str
    value: str
    remark: str = ""


@dataclasses.dataclass(frozen=True)
class Page:
    """A whole page.

    Attributes:
        title: Heading, and title in the browser.
        lead: Sentence below the heading.
        sections: Sections, in order.
        verdict: Text of the badge beside the title; empty for none.
        good: Whether the verdict is positive.
        tiles: Key figures at the top of the page.
        footer: Origin and date of the page.
        refresh_s: Seconds after which a browser loads the page again; None if it does not change.
    """

    title: str
    lead: str
    sections: Sequence[Section]
    verdict: str = ""
    good: bool = True
    tiles: Sequence[Tile] = ()
    footer: str = ""
    refresh_s: int | None = None
