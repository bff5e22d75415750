"""Converts rows of Python objects to an Arrow record batch."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from components.errors import UserError, few
from components.features import RawFeature
from components.formats.tfrecord.rows import decode_examples

if TYPE_CHECKING:
    import pandas as pd

_COMPARED = 1000
"""Columns that are compared with a missing one, because comparing takes long."""


def to_batch(rows: Any, features: Mapping[str, RawFeature]) -> pa.RecordBatch:
    """Converts rows to a batch with a column for every feature.

    Args:
        rows: Rows in any form that `ExportedModel.predict` takes.
        features: Raw features of the model.

    Raises:
        UserError: A column is missing or mixes types, or `rows` has an unsupported type.
    """
    import pandas as pd

    dtypes = {name: feature.dtype for name, feature in features.items()}
    if isinstance(rows, Mapping):
        rows = [rows]
    if isinstance(rows, pd.DataFrame):
        check_columns(rows.columns, features, "the DataFrame")
        return _record_batch({name: _series(rows[name], name, dtypes[name]) for name in features})
    if isinstance(rows, pa.Table | pa.RecordBatch):
        check_columns(rows.column_names, features, "the table")
        return _record_batch({name: _one_array(rows.column(name)) for name in features})
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise UserError(
            f"rows: {type(rows).__name__} is not supported; pass a dict (one row), a list of dicts, a DataFrame, an "
            "Arrow table or a list of serialised tf.Examples"
        )
    if rows and all(isinstance(row, bytes) for row in rows):
        return decode_examples(rows, features)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise UserError(
                f"row {number}: must be a dict of column names to values; got {type(row).__name__}"
            )
    check_columns({name for row in rows for name in row} if rows else features, features, "rows")
    return _record_batch(
        {name: _array([row.get(name) for row in rows], name, dtypes[name]) for name in features}
    )


def check_columns(columns: Iterable[str], features: Mapping[str, RawFeature], where: str) -> None:
    """Checks that every feature has exactly one column.

    Raises:
        UserError: A column is missing, or occurs several times.
    """
    counts = Counter(map(str, columns))
    if repeated := [name for name in features if counts[name] > 1]:
        raise UserError(f"{where}: duplicate column {repeated[0]!r}; rename one of them")
    missing = [name for name in features if name not in counts]
    if len(missing) == len(features) > 1:
        raise UserError(
            f"{where}: all of the model's columns are missing ({few(missing)}); the columns are {few(list(counts))}"
        )
    if missing:
        others = [name for name in counts if name not in features][:_COMPARED]
        close = {name: difflib.get_close_matches(name, others, 1, 0.7) for name in missing[:20]}
        hints = {name: f" (did you mean {found[0]!r}?)" if found else "" for name, found in close.items()}
        names = [f"{name!r}{hints.get(name, '')}" for name in missing]
        plural = "s" if len(missing) > 1 else ""
        raise UserError(
            f"{where}: missing column{plural} {few(names)}; the model takes {few(list(features))}"
        )


def _record_batch(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _series(series: "pd.Series", name: str, dtype: str) -> pa.Array:
    if series.dtype == object:
        return _array(series.where(series.notna(), None).tolist(), name, dtype)
    return _one_array(pa.array(series, from_pandas=True))


def _array(values: list[Any], name: str, dtype: str) -> pa.Array:
    flat = [np.ravel(value) if isinstance(value, np.ndarray) and value.ndim else value for value in values]
    try:
        return pa.array(flat, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        kinds = {type(value) for value in flat if value is not None}
        # A 7 among texts is the text "7"; text among numbers is parsed later.
        if kinds <= ({str, int} if dtype == "string" else {str, int, float}):
            return pa.array([None if value is None else str(value) for value in flat])
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise UserError(f"column {name!r} mixes the types {names}; convert it to one") from None
