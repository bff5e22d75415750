"""Columns in the names of folders: `year=2024/month=1/part.parquet` has a column `year` and a column `month`."""

import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from components.formats.cells.numbers import Kind, kind_of

PART = re.compile(r"([^=.][^=]*)=(.*)")
"""Name of a folder: a column and its value."""

_NULL = "__HIVE_DEFAULT_PARTITION__"
_TYPES = {
    Kind.EMPTY: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.FRACTION: pa.float64(),
    Kind.TEXT: pa.string(),
}


def columns(file: Path, own: Collection[str]) -> dict[str, pa.Scalar]:
    """The values that a file has for all of its rows in the names of the folders right above it.

    Args:
        file: The file.
        own: Names of the columns inside the file, which count more.
    """
    found: dict[str, pa.Scalar] = {}
    for folder in file.absolute().parents:
        part = PART.fullmatch(folder.name)
        if part is None:
            break
        name, text = unquote(part[1]), unquote(part[2])
        kind = kind_of("" if text == _NULL else text)
        if name not in own:
            type_ = _TYPES[kind]
            found[name] = pa.scalar(text if text != _NULL else None, pa.string()).cast(type_)
    return dict(reversed(found.items()))


def add(batch: pa.RecordBatch, values: dict[str, pa.Scalar]) -> pa.RecordBatch:
    """Returns rows with these columns added."""
    added = [pa.repeat(value, batch.num_rows) for value in values.values()]
    return pa.RecordBatch.from_arrays([*batch.columns, *added], [*batch.schema.names, *values])
