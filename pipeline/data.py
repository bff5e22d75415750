"""Looks at the user's data before anything heavy is imported: files, columns, label.

Reads CSV with pandas and TFRecords of `tf.Example` with tfx_bsl's decoder; neither imports TensorFlow.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.errors import UserError
from pipeline.tfrecord import read_records

Task = Literal["classification", "regression"]
Format = Literal["csv", "tfrecord"]

MAX_INTEGER_CLASSES = 20
"""A label of whole numbers with more distinct values than this is taken for a quantity."""

MAX_CLASSES = 1000
"""A classification label with more distinct values than this is refused."""


class DataError(UserError):
    """The data cannot be used as configured; the message names the configuration key and the remedy."""


@dataclasses.dataclass(frozen=True)
class Label:
    """What the model predicts.

    Attributes:
        name: the column (CSV) or feature (TFRecord).
        task: `classification` or `regression`.
        classes: the distinct values in ascending order; empty for regression. Class i is what output unit i
            of a classifier stands for.
        constant_answer: what a model reaches that ignores its inputs and always gives the best constant
            answer: `accuracy` and `cross_entropy` (nats), or `rmse` and `mae` (label units).
    """

    name: str
    task: Task
    classes: tuple[str, ...] | tuple[int, ...]
    constant_answer: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Data:
    """Files that hold one data set.

    Attributes:
        directory: the folder ExampleGen reads.
        pattern: glob of the files inside `directory`.
        format: `csv` or `tfrecord`.
        columns: column or feature names, in file order.
        label: what the model predicts.
        fingerprint: SHA-256 over the files' names and contents.
    """

    directory: Path
    pattern: str
    format: Format
    columns: tuple[str, ...]
    label: Label
    fingerprint: str


def inspect(path: Path, label: str, task: Literal["auto"] | Task = "auto") -> Data:
    """Reads the header and the label of every file under `path`.

    Args:
        path: a directory of `*.csv` files, or of `*.tfrecord`/`*.tfrecord.gz` files, or one such file.
        label: the column to predict.
        task: `auto` decides by the values: text is classification; whole numbers with at most 20 distinct
            values are classification; all other numbers are regression.

    Raises:
        DataError: no such file, no data, no such column, or a label that does not fit the task.
    """
    directory, pattern, files = _find(path)
    format_ = "csv" if files[0].name.endswith(".csv") else "tfrecord"
    columns, values = (_read_csv if format_ == "csv" else _read_tfrecords)(files, label)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return Data(directory, pattern, format_, columns, _describe(values, label, task), digest.hexdigest())


def describe(
    path: Path, pattern: str | None, label: str, task: str, classes: Sequence[str] | Sequence[int]
) -> Data:
    """Data that cannot be read from here, as its owner describes it; of `Data`, `columns` and `fingerprint` stay
    empty, and so does the label's `constant_answer`.

    Args:
        path: where somebody else will find it.
        pattern: glob of its files.
        label: the column to predict.
        task: see `Label`.
        classes: the distinct values of the label; empty for regression.

    Raises:
        DataError: the description is not complete.
    """
    here = f"as {path} cannot be read here"
    if task == "auto":
        raise DataError(f"data.task: give classification or regression, {here}")
    if pattern is None:
        raise DataError(f"data.pattern: give the files' pattern, such as *.csv, {here}")
    if (task == "classification") != bool(classes):
        raise DataError(f"data.classes: list the label's values for a classification, and only then, {here}")
    format_ = "csv" if pattern.endswith(".csv") else "tfrecord"
    return Data(path, pattern, format_, (), Label(label, task, tuple(sorted(set(classes))), {}), "")


def _find(path: Path) -> tuple[Path, str, list[Path]]:
    if path.is_file():
        return path.parent, path.name, [path]
    if not path.is_dir():
        raise DataError(f"data.path: {path} does not exist; give a directory of CSV or TFRecord files")
    found = {pattern: sorted(path.glob(pattern)) for pattern in ("*.csv", "*.tfrecord", "*.tfrecord.gz")}
    found = {pattern: files for pattern, files in found.items() if files}
    if not found:
        raise DataError(f"data.path: {path} holds no *.csv, *.tfrecord or *.tfrecord.gz file")
    if len(found) > 1:
        raise DataError(
            f"data.path: {path} mixes {' and '.join(found)}; keep one kind of file in a directory, or name one file"
        )
    pattern, files = next(iter(found.items()))
    return path, pattern, files


def _read_csv(files: list[Path], label: str) -> tuple[tuple[str, ...], np.ndarray]:
    import pandas as pd

    header: tuple[str, ...] | None = None
    parts = []
    for file in files:
        try:
            columns = tuple(pd.read_csv(file, nrows=0).columns)
        except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
            raise DataError(f"data.path: {file} is not a readable CSV file: {error}") from None
        header = header or columns
        if columns != header:
            raise DataError(
                f"data.path: {file} has other columns than {files[0]}; all files need the same header"
            )
        _require(label, header, file)
        # Only an empty cell is a missing value, as for CsvExampleGen; "NA" and "None" are text.
        parts.append(pd.read_csv(file, usecols=[label], keep_default_na=False, na_values=[""])[label])
    column = pd.concat(parts)
    if missing := int(column.isna().sum()):
        raise DataError(
            f"data.label: {label} is empty in {missing:,} of {len(column):,} rows; remove those rows, or fill them in"
        )
    return header or (), column.to_numpy()


def _read_tfrecords(files: list[Path], label: str) -> tuple[tuple[str, ...], np.ndarray]:
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    columns: dict[str, None] = {}
    parts = []
    for file in files:
        try:
            batch = decoder.DecodeBatch(list(read_records(file)))
        except (ValueError, OSError, EOFError) as error:
            raise DataError(f"data.path: {file} is not a TFRecord file of tf.Example: {error}") from None
        _require(label, tuple(batch.schema.names), file)
        columns |= dict.fromkeys(batch.schema.names)
        column = batch.column(label)
        values = column.flatten().to_numpy(zero_copy_only=False)
        if len(values) != batch.num_rows:
            raise DataError(
                f"data.label: {label} in {file} has {len(values):,} values in {batch.num_rows:,} examples; "
                "a label is one value per example"
            )
        parts.append(values)
    return tuple(columns), np.concatenate(parts)


def _require(label: str, columns: tuple[str, ...], file: Path) -> None:
    if label not in columns:
        raise DataError(f"data.label: {label!r} is not a column of {file}; it has {', '.join(columns)}")


def _describe(values: np.ndarray, name: str, task: Literal["auto"] | Task) -> Label:
    if len(values) == 0:
        raise DataError(f"data.path: no examples with the label {name!r}")
    numeric = np.issubdtype(values.dtype, np.number)
    whole = numeric and bool(np.all(np.mod(values, 1) == 0))
    comparable = values if numeric else np.array([_text(value) for value in values])
    distinct, counts = np.unique(comparable, return_counts=True)
    if task == "auto":
        is_classes = not numeric or (whole and len(distinct) <= MAX_INTEGER_CLASSES)
        task = "classification" if is_classes else "regression"
    if len(distinct) == 1:
        raise DataError(f"data.label: {name} is {distinct[0]} in every example; there is nothing to learn")
    if task == "regression":
        if not numeric:
            raise DataError(
                f"data.task: {name} is text, such as {str(distinct[0])!r}; regression needs numbers"
            )
        mae = np.mean(np.abs(values - np.median(values)))
        return Label(name, task, (), {"rmse": float(np.std(values)), "mae": float(mae)})
    if numeric and not whole:
        raise DataError(
            f"data.task: {name} holds fractions, such as {values[np.mod(values, 1) != 0][0]}; use regression"
        )
    if len(distinct) > MAX_CLASSES:
        raise DataError(
            f"data.label: {name} has {len(distinct):,} distinct values; at most {MAX_CLASSES:,} classes"
        )
    classes = tuple(int(value) if numeric else str(value) for value in distinct)
    share = counts / counts.sum()
    entropy = -np.sum(share * np.log(share))
    return Label(name, task, classes, {"accuracy": float(share.max()), "cross_entropy": float(entropy)})


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
