"""The table of file formats, looked up by suffix; files with other suffixes are refused."""

import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from components.errors import UserError, one_of
from components.features import RawFeature
from components.formats import paths
from components.formats.format import IMAGE_FOLDERS, IMAGE_SUFFIXES, Format, Training
from components.formats.rows import STANDARD_STREAM, Rows, Writer

if TYPE_CHECKING:
    import pyarrow as pa

CSV = Format(
    name="csv",
    suffixes=(".csv", ".csv.gz"),
    rows="components.formats.csv.rows:CsvRows",
    writer="components.formats.csv.writer:CsvWriter",
    typed=False,
    training=Training(
        suffixes=(".csv", ".csv.gz"),
        inspect="components.formats.csv.data:inspect",
        source="components.formats.csv.source:CsvSource",
    ),
)

FORMATS = (
    CSV,
    Format(
        name="tsv",
        suffixes=(".tsv", ".tsv.gz"),
        rows="components.formats.csv.rows:CsvRows",
        writer="components.formats.csv.writer:TsvWriter",
        typed=False,
        training=Training(
            suffixes=(".tsv", ".tsv.gz"),
            inspect="components.formats.csv.data:inspect",
            source="components.formats.csv.source:CsvSource",
        ),
    ),
    Format(
        name="tfrecord",
        suffixes=(".tfrecord", ".tfrecord.gz"),
        rows="components.formats.tfrecord.rows:ExampleRows",
        training=Training(
            suffixes=(".tfrecord", ".tfrecord.gz"),
            inspect="components.formats.tfrecord.data:inspect",
            source="components.formats.tfrecord.source:ExampleSource",
        ),
    ),
    Format(
        name="parquet",
        suffixes=(".parquet",),
        rows="components.formats.parquet.rows:ParquetRows",
        writer="components.formats.parquet.rows:ParquetWriter",
        training=Training(
            suffixes=(".parquet",),
            inspect="components.formats.parquet.data:inspect",
            source="components.formats.parquet.source:ParquetSource",
        ),
    ),
)

IMAGES = Format(
    name="images",
    suffixes=IMAGE_SUFFIXES,
    rows="components.formats.images.rows:ImageRows",
    training=Training(
        suffixes=IMAGE_SUFFIXES,
        inspect="components.formats.images.data:inspect",
        source="components.formats.images.source:ImageSource",
    ),
)
"""Images in a folder for each class: the only format in which a file is a row."""


def all_trainable() -> dict[str, Format]:
    """Formats of files to train on, those of folders of images included, by suffix."""
    return {**trainable(), **dict.fromkeys(IMAGES.suffixes, IMAGES)}


def readable() -> dict[str, Format]:
    """Formats of rows to predict, by suffix."""
    return {suffix: each for each in FORMATS for suffix in each.suffixes}


def writable() -> dict[str, Format]:
    """Formats that predictions can be written in, by suffix."""
    return {suffix: each for suffix, each in readable().items() if each.writer}


def trainable() -> dict[str, Format]:
    """Formats that can be trained on, by suffix."""
    return {suffix: each for each in FORMATS if each.training for suffix in each.training.suffixes}


def find(name: str, among: Mapping[str, Format]) -> Format | None:
    """Returns the format of a file, or of a pattern such as `*.csv`; None if the suffix is unknown in any case."""
    found = suffix(name, among)
    return None if found is None else among[found]


def suffix(name: str, among: Iterable[str]) -> str | None:
    """Returns the suffix of a file, in lower case; None if it is unknown."""
    return next((each for each in among if name.lower().endswith(each)), None)


def of_pattern(pattern: str) -> Format | None:
    """Returns the format of the files that a glob such as `*.csv` or `train/*/*` matches; None if there is none."""
    return IMAGES if f"/{pattern}".endswith(f"/{IMAGE_FOLDERS}") else find(pattern, trainable())


def load(name: str) -> Any:
    """Imports code that a `Format` names as `module:name`."""
    return pkgutil.resolve_name(name)


def open_rows(file: str, features: Mapping[str, RawFeature]) -> Rows:
    """Opens a file of rows by its suffix.

    Args:
        file: Path that ends in one of `readable()`, an image or a folder of them, or `-` for CSV from standard input.
        features: Raw features of the model that will predict the rows.

    Raises:
        UserError: The file does not exist, has an unknown suffix, or is damaged.
    """
    is_folder = suffix(file, readable()) is None and paths.is_folder(Path(file))
    if file != STANDARD_STREAM and (is_folder or suffix(file, IMAGES.suffixes)):
        return load(IMAGES.rows)(file, features)
    found = _required(file, readable())
    if file != STANDARD_STREAM and (fault := paths.fault(Path(file))):
        raise UserError(f"{paths.shown(file)}: {fault}")
    try:
        return load(found.rows)(file, features)
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None


def check_writable(file: str) -> None:
    """Checks that predictions can be written to a file of this name.

    Raises:
        UserError: The name does not end in one of `writable()`.
    """
    _required(file, writable())


def is_typed(file: str) -> bool:
    """Whether the columns of a writable file have types."""
    return _required(file, writable()).typed


def open_writer(file: str, stream: BinaryIO, schema: "pa.Schema") -> Writer:
    """Opens a writer for a file by its suffix.

    Args:
        file: Name that `check_writable` accepts.
        stream: Stream that receives the bytes.
        schema: Schema of the batches.
    """
    return load(_required(file, writable()).writer)(stream, schema)


def _required(file: str, among: Mapping[str, Format]) -> Format:
    found = CSV if file == STANDARD_STREAM else find(file, among)
    if found is None:
        raise UserError(f"{paths.shown(file)}: must end in {one_of(among)}")
    return found
