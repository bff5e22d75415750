"""The tables, and the rows of each that are held out before any model sees the others."""

import dataclasses
import pkgutil
import tempfile
from pathlib import Path

import pandas as pd
import yaml
from sklearn.model_selection import train_test_split

MANIFEST = Path(__file__).with_name("tables.yaml")
HELD_OUT = 0.2


@dataclasses.dataclass(frozen=True)
class Table:
    """A table to judge models on.

    Attributes:
        name: Of the table.
        label: Column to predict.
        task: `classification` or `regression`.
        file: CSV in the folder of the data.
        bundled: Function that writes a CSV into a folder, as a dotted path; instead of `file`.
        test: CSV of the rows to predict; without it, some rows are held out.
        without: Columns that the rivals do not get.
    """

    name: str
    label: str
    task: str
    file: str | None = None
    bundled: str | None = None
    test: str | None = None
    without: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Split:
    """Rows to learn from, and rows to predict; every cell is the text of the file."""

    train: pd.DataFrame
    test: pd.DataFrame


def read_manifest(path: Path = MANIFEST) -> dict[str, Table]:
    """The tables by name, in order."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Table(name, **{**entry, "without": tuple(entry.get("without", ()))})
        for name, entry in entries.items()
    }


def split(table: Table, folder: Path | None, seed: int) -> Split:
    """Holds rows out, the same ones for every model; rows without a label are dropped first.

    Classes keep their shares, unless one has a single row.

    Args:
        table: What to split.
        folder: Of the files; bundled tables need none.
        seed: Decides which rows are held out, unless the table has a file of them.
    """
    found = rows(table, folder)
    if table.test:
        return Split(found, _read(folder / table.test, table.label))
    labels = found[table.label]
    stratified = table.task == "classification" and labels.value_counts().min() > 1
    train, test = train_test_split(
        found, test_size=HELD_OUT, random_state=seed, stratify=labels if stratified else None
    )
    return Split(train, test)


def rows(table: Table, folder: Path | None) -> pd.DataFrame:
    """The rows of a table that have a label; every cell is the text of the file."""
    if table.file:
        return _read(folder / table.file, table.label)
    with tempfile.TemporaryDirectory() as written:
        pkgutil.resolve_name(table.bundled)(Path(written))
        (path,) = Path(written).iterdir()
        return _read(path, table.label)


def _read(path: Path, label: str) -> pd.DataFrame:
    found = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return found[found[label] != ""]
