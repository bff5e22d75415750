"""Finds the row, and where possible the column, that a transform graph fails for."""

from collections.abc import Callable

import pyarrow as pa

from components.errors import UserError
from reactive_schedules.failures import summary_of
from reactive_schedules.printable import one_line

MOST_COLUMNS = 2000
"""Columns that are tried one after another."""

_LONGEST_VALUE = 60

Transform = Callable[[pa.RecordBatch], object]


def explained(error: Exception, batch: pa.RecordBatch, transform: Transform) -> UserError | None:
    """Explains why a batch cannot be transformed.

    The first row that fails alone is found by halving. Its column is the one with which a row that can be transformed
    fails as well.

    Args:
        error: Error of the whole batch.
        batch: Raw features; each column holds the list of values of each row.
        transform: The graph, which raises an error for at least the whole batch.

    Returns:
        The error for the user; None if no single row fails, or all of them do.
    """
    row = _first_failing(batch, transform)
    if row is None:
        return None
    alone = batch.slice(row, 1)
    found = _error(alone, transform) or error
    good = _another(batch, row, transform)
    if good is None:
        return None  # it is not about the values
    column = _column(alone, good, transform)
    if column is None:
        shown = ", ".join(f"{name} {_shown(alone, name)}" for name in alone.schema.names)
        return UserError(
            f"model.preprocessing: fails for the row {one_line(shown, 150)}: {summary_of(found)}"
        )
    return UserError(
        f"model.preprocessing: fails for column {column!r} of a row, with the value {_shown(alone, column)}: "
        f"{summary_of(found)}; correct the value, or add the column to data.ignore"
    )


def _first_failing(batch: pa.RecordBatch, transform: Transform) -> int | None:
    first, rows = 0, batch.num_rows
    while rows > 1:
        half = rows // 2
        if _error(batch.slice(first, half), transform):
            rows = half
        else:
            first, rows = first + half, rows - half
    return first if _error(batch.slice(first, 1), transform) else None


def _another(batch: pa.RecordBatch, row: int, transform: Transform) -> pa.RecordBatch | None:
    """A row that can be transformed, if there is one beside `row` or at an end of the batch."""
    others = {row - 1, row + 1, 0, batch.num_rows - 1} - {row}
    rows = (batch.slice(each, 1) for each in sorted(others) if 0 <= each < batch.num_rows)
    return next((one for one in rows if not _error(one, transform)), None)


def _column(alone: pa.RecordBatch, good: pa.RecordBatch, transform: Transform) -> str | None:
    for place, name in enumerate(good.schema.names[:MOST_COLUMNS]):
        columns = [*good.columns]
        columns[place] = alone.column(place)
        if _error(pa.RecordBatch.from_arrays(columns, schema=good.schema), transform):
            return name
    return None


def _error(batch: pa.RecordBatch, transform: Transform) -> Exception | None:
    try:
        transform(batch)
    except Exception as error:
        return error
    return None


def _shown(alone: pa.RecordBatch, name: str) -> str:
    values = alone.column(name)[0].as_py()
    if not values:
        return "missing"
    if len(values) > 5:
        return f"of {len(values):,} values"
    if isinstance(values[0], bytes):
        try:
            texts = [repr(each.decode()) for each in values]
        except UnicodeDecodeError:
            return f"of {len(values[0]):,} bytes"
    else:
        texts = [f"{each:.6g}" for each in values]
    return one_line(", ".join(texts), _LONGEST_VALUE)
