"""The table of formats, and what it says of a file by its suffix. Files with other suffixes are refused."""

import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from components.errors import UserError
from components.features import RawFeature
from components.formats.format import Format, Training
from components.formats.rows import STANDARD_STREAM, Rows, Writer

if TYPE_CHECKING:
    import pyarrow as pa

CSV = Format(
    name="csv",
    suffixes=(".csv", ".csv.gz"),
    rows="components.formats.csv:CsvRows",
    writer="components.formats.csv_writer:CsvWriter",
    typed=False,
    training=Training(
        suffixes=(".csv",),
        inspect="components.formats.csv_data:inspect",
        example_gen="components.csv_example_gen.component:CsvExampleGen",
    ),
)

FORMATS = (
    CSV,
    Format(
        name="tfrecord",
        suffixes=(".tfrecord", ".tfrecord.gz"),
        rows="components.formats.tf_example:ExampleRows",
        training=Training(
            suffixes=(".tfrecord", ".tfrecord.gz"),
            inspect="components.formats.tf_example_data:inspect",
            example_gen="tfx.components:ImportExampleGen",
        ),
    ),
    Format(
        name="parquet",
        suffixes=(".parquet",),
        rows="components.formats.parquet:ParquetRows",
        writer="components.formats.parquet:ParquetWriter",
    ),
)


def readable() -> dict[str, Format]:
    """Suffix to format, of files with rows to predict."""
    return {suffix: each for each in FORMATS for suffix in each.suffixes}


def writable() -> dict[str, Format]:
    """Suffix to format, of files that predictions can be written to."""
    return {suffix: each for suffix, each in readable().items() if each.writer}


def trainable() -> dict[str, Format]:
    """Suffix to format, of files that can be trained on."""
    return {suffix: each for each in FORMATS if each.training for suffix in each.training.suffixes}


def find(name: str, among: Mapping[str, Format]) -> Format | None:
    """The format of a file, or of a pattern such as `*.csv`, by its suffix."""
    return next((each for suffix, each in among.items() if name.endswith(suffix)), None)


def one_of(words: Iterable[str]) -> str:
    """Such as `.csv, .csv.gz or .parquet`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def load(name: str) -> Any:
    """The code that a `Format` names."""
    return pkgutil.resolve_name(name)


def open_rows(file: str, features: Mapping[str, RawFeature]) -> Rows:
    """Opens a file of rows by its suffix.

    Args:
        file: ends in one of `readable()`, or is `-` for CSV from standard input.
        features: of the model that will be asked.

    Raises:
        UserError: the file does not exist, has another suffix, or is damaged.
    """
    if file != STANDARD_STREAM and not Path(file).is_file():
        raise UserError(f"{file}: there is no such file")
    return load(_required(file, readable()).rows)(file, features)


def check_writable(file: str) -> None:
    """Makes sure that predictions can be written to a file of this name.

    Raises:
        UserError: it has another suffix than `writable()`.
    """
    _required(file, writable())


def is_typed(file: str) -> bool:
    """Whether a file that can be written has columns of types."""
    return _required(file, writable()).typed


def open_writer(file: str, stream: BinaryIO, schema: "pa.Schema") -> Writer:
    """A writer by the file's suffix.

    Args:
        file: a name that `check_writable` accepts.
        stream: where the bytes go.
        schema: of the batches.
    """
    return load(_required(file, writable()).writer)(stream, schema)


def _required(file: str, among: Mapping[str, Format]) -> Format:
    found = CSV if file == STANDARD_STREAM else find(file, among)
    if found is None:
        raise UserError(f"{file}: must end in {one_of(among)}")
    return found
