"""Reads image files for training: a folder for each class."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from components.formats import image_files
from components.formats.cells.numbers import Kind
from components.formats.columns import Column
from components.formats.source import BLOCK_BYTES, Block, Survey, TableSource, size_of

_TEXT = Column(Kind.TEXT)


class ImageSource(TableSource):
    """See `components.formats.source.Source`. A row has the content of a file, and the name of its folder as label.

    The unit of a block is files of one folder.
    """

    def units(self, files: Sequence[Path]) -> list[str]:
        """See `Source`: lists of files, as JSON."""
        found: list[list[str]] = []
        size, folder = 0, None
        for file in files:
            if not found or size >= BLOCK_BYTES or file.parent != folder:
                found.append([])
                size, folder = 0, file.parent
            found[-1].append(str(file))
            size += file.stat().st_size
        return [json.dumps(each) for each in found]

    def blocks(self, file: str) -> Iterator[Block]:
        """See `Source`."""
        files = tuple(json.loads(file))
        yield Block(files[0], 0, len(files), self._columns, files)

    def survey(self, block: Block) -> Survey:
        """See `Source`."""
        size = size_of(block.columns, len(block.form), len(block.form) * len(_label(block)))
        for file in block.form:
            content = image_files.read(Path(file))
            image_files.check(content, file)
            size += len(content)
        return Survey(size, dict.fromkeys(block.columns, _TEXT))

    def batches(self, block: Block) -> Iterator[pa.RecordBatch]:
        """See `TableSource`."""
        contents = pa.array([image_files.read(Path(file)) for file in block.form], pa.large_binary())
        labels = pa.repeat(pa.scalar(_label(block).encode(), pa.large_binary()), len(contents))
        yield pa.RecordBatch.from_arrays([contents, labels], list(block.columns))

    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        """See `TableSource`."""
        return values

    @property
    def _columns(self) -> tuple[str, str]:
        ((image, label),) = self.reading.images.items()
        return image, label


def _label(block: Block) -> str:
    return Path(block.file).parent.name
