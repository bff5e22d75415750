"""Rows of images to predict: files, folders of them, and columns of paths."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from components.errors import UserError
from components.formats.columns import is_text
from components.formats.format import IMAGE_SUFFIXES
from components.formats.image_files import check, read
from components.formats.litter import is_among_litter


def loaded(batch: pa.RecordBatch, columns: Iterable[str], rows: str, first_row: int) -> pa.RecordBatch:
    """Returns rows to predict with the contents of image files instead of their paths.

    Args:
        batch: The rows.
        columns: Columns of images; those with bytes stay as they are.
        rows: Name of the rows: the path of their file or folder, which paths are relative to.
        first_row: Number of the first row, for messages.

    Raises:
        UserError: A file cannot be read, or is no sound image.
    """
    folder = Path(rows) if Path(rows).is_dir() else Path(rows).parent
    for name in columns:
        place = batch.schema.get_field_index(name)
        if place < 0 or not is_text(batch.column(place).type):
            continue
        cells = batch.column(place)
        contents = []
        for row, path in enumerate(cells.to_pylist(), first_row):
            try:
                contents.append(read(folder / path) if path else None)
                if path:
                    check(contents[-1], folder / path)
            except UserError as error:
                raise UserError(f"row {row}: column {name!r}: {error}") from None
        batch = batch.set_column(place, name, pa.array(contents, pa.large_binary()))
    return batch


class ImageRows:
    """Image files to predict, one row each: the path relative to their folder."""

    remarks = ()
    done = None

    def __init__(self, file: str, features: Mapping[str, Any]) -> None:
        """Finds the files.

        Args:
            file: A folder, whose subfolders are searched, too, or a single image.
            features: Raw features of the model.

        Raises:
            UserError: There are none, or the model takes more than an image.
        """
        if len(features) != 1 or next(iter(features.values())).dtype != "string":
            raise UserError(
                f"{file}: the model takes other columns than one image; give a table with all of them"
            )
        path = Path(file)
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        folder = path.parent if path.is_file() else path
        names = [each.relative_to(folder) for each in found if each.name.lower().endswith(IMAGE_SUFFIXES)]
        self._files = [str(name) for name in names if not is_among_litter(name)]
        if not self._files:
            raise UserError(f"{file}: there are no images, such as *.jpg or *.png")
        self.name = file
        self.schema = pa.schema([(next(iter(features)), pa.string())])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        yield pa.RecordBatch.from_arrays([pa.array(self._files, pa.string())], schema=self.schema)
