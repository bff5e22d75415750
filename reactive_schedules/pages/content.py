"""What a page is made of. All text is plain: the template escapes it."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import plotly.graph_objects as go

Cell = str | int | float | None


def text_of(value: Cell) -> str:
    """A cell of a table: whole numbers with thousands apart, others with four digits, nothing for None."""
    match value:
        case None:
            return ""
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float() if abs(value) >= 1e4 or value.is_integer():
            return f"{value:,.0f}"
        case _:
            return f"{value:.4g}"


@dataclasses.dataclass(frozen=True)
class Text:
    """A paragraph; `tone` marks one that must not be missed."""

    text: str
    tone: Literal["", "good", "bad"] = ""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Terms and what there is to say of each, in a line or several."""

    rows: Sequence[tuple[str, str | Sequence[str]]]


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells, the first of which names its row.

    Attributes:
        caption: what the table holds, also for those who only hear it.
        columns: headings.
        rows: cells; numbers are aligned, None is an empty cell.
        strong: indices of the rows to stand out.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    strong: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class Code:
    """Something to be copied."""

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

    Attributes:
        title: heading.
        figure: colours in it are names of the style sheet, such as `var(--blue)`, so that they follow its theme.
        alt: what there is to see, in a sentence or two; shown below the title.
        data: the same as numbers.
        height: in CSS pixels.
    """

    title: str
    figure: "go.Figure"
    alt: str
    data: Table
    height: int = 340


Block = Text | Facts | Table | Code | Folded | Plot


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own."""

    title: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        """Its address in the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


@dataclasses.dataclass(frozen=True)
class Tile:
    """A figure to be seen first: `value`, what it is, and a remark on it."""

    label: str
    value: str
    remark: str = ""


@dataclasses.dataclass(frozen=True)
class Page:
    """A whole page.

    Attributes:
        title: heading, and name in the browser.
        lead: one sentence below it.
        sections: in order.
        verdict: words of the badge beside the title; empty for none.
        good: whether the verdict is a good one.
        tiles: the figures to be seen first.
        footer: who made the page, and when.
    """

    title: str
    lead: str
    sections: Sequence[Section]
    verdict: str = ""
    good: bool = True
    tiles: Sequence[Tile] = ()
    footer: str = ""
