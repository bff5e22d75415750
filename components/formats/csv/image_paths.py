"""Columns of a CSV file with paths of images, relative to the file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats import image_files, paths
from components.formats.csv.rows import CsvRows
from components.formats.format import IMAGE_SUFFIXES
from components.formats.image_files import Sizes
from components.formats.table import inspected

BLOCK_BYTES = 2**24
"""Bytes of images held at a time, about."""

_PATTERN = rf"(?i)^.+({'|'.join(suffix.replace('.', '[.]') for suffix in IMAGE_SUFFIXES)})$"


def find(files: Sequence[Path], named: Collection[str], others: Collection[str]) -> Mapping[str, Sizes]:
    """Finds columns with paths of images, and reads the headers of all these images.

    Args:
        files: CSV files.
        named: Columns that are images, as configured.
        others: Columns that are something else, as configured.

    Returns:
        What the images of each column have in common.

    Raises:
        DataError: An image does not exist or cannot be read.
    """
    columns = None
    found: dict[str, Sizes] = {}
    for file in files:
        with inspected(file):
            count = 0
            for batch in CsvRows(str(file), nulls=True).batches():
                if columns is None:
                    columns = [name for name in _columns(batch, file, named) if name not in others]
                    found = {name: Sizes() for name in columns}
                for name in columns:
                    for row, path in enumerate(batch.column(name).to_pylist(), count + 1):
                        _add(found[name], file, row, name, path)
                count += batch.num_rows
                if not columns:
                    return {}
    return found


def files(tables: Sequence[Path], columns: Collection[str]) -> list[Path]:
    """Returns the image files that tables name in some columns, each once, in the order of their paths.

    Raises:
        DataError: A table is damaged.
    """
    found: set[Path] = set()
    for table in tables:
        with inspected(table):
            for batch in CsvRows(str(table), nulls=True).batches():
                for name in columns:
                    found.update(table.parent / path for path in batch.column(name).drop_null().to_pylist())
    return sorted(found)


def loaded(
    batch: pa.RecordBatch, columns: Collection[str], folder: Path, *, is_checked: bool
) -> Iterator[pa.RecordBatch]:
    """Yields rows with the contents of image files instead of their paths, about `BLOCK_BYTES` at a time.

    Args:
        batch: The rows.
        columns: Columns of paths.
        folder: Folder that the paths are relative to.
        is_checked: Whether to decode the images.

    Raises:
        UserError: An image cannot be read, or is damaged.
    """
    start, size = 0, 0
    found: dict[str, list[bytes | None]] = {name: [] for name in columns}
    for row in range(batch.num_rows):
        for name in columns:
            path = batch.column(name)[row].as_py()
            content = image_files.read(folder / path) if path else None
            if content and is_checked:
                image_files.check(content, folder / path)
            found[name].append(content)
            size += len(content or b"")
        if size >= BLOCK_BYTES or row == batch.num_rows - 1:
            part = batch.slice(start, row + 1 - start)
            for name, contents in found.items():
                place = part.schema.get_field_index(name)
                part = part.set_column(place, name, pa.array(contents, pa.large_binary()))
            yield part
            start, size, found = row + 1, 0, {name: [] for name in columns}


def _columns(batch: pa.RecordBatch, file: Path, named: Collection[str]) -> Iterator[str]:
    for name, cells in zip(batch.schema.names, batch.columns, strict=True):
        filled = cells.drop_null()
        if len(filled) == 0 or not pc.all(pc.match_substring_regex(filled.slice(0, 100), _PATTERN)).as_py():
            continue
        if name in named or (file.parent / filled[0].as_py()).exists():
            yield name


def _add(sizes: Sizes, file: Path, row: int, name: str, path: str | None) -> None:
    where = f"data.path: {file}: row {row}: column {name!r}"
    if not path:
        raise DataError(f"{where} is empty; give each row an image, or remove the row")
    if fault := paths.fault(image := file.parent / path):
        raise DataError(
            f"{where}: {paths.shown(path)}: {fault}; paths are relative to the folder of the table"
        )
    try:
        sizes.add(image)
    except UserError as error:
        raise DataError(f"{where}: {error}") from None
