"""Tables as text: names to the left, figures to the right."""


class Table:
    """Formats lines of the same columns, so that each can be printed as soon as it is known.

    Args:
        names: width of the first column.
        columns: headings of the others, with their widths.
    """

    def __init__(self, names: int, *columns: tuple[str, int]):
        self._names, self._columns = names, columns

    def heading(self) -> str:
        """The first line."""
        return self.row("", *(heading for heading, _ in self._columns))

    def row(self, name: str, *cells: str) -> str:
        """One line; cells that are missing at its end stay empty."""
        padded = (f"{cell:>{width}}" for cell, (_, width) in zip(cells, self._columns, strict=False))
        return (f"{name:<{self._names}}" + "".join(padded)).rstrip()
