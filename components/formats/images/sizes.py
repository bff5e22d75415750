"""The sizes of images in files of bytes, read from their first bytes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.formats.contents import place

MOST_SIZES = 100
"""Different sizes that are kept."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segments of a JPEG that state its size."""

Size = tuple[int, int]
"""Height and width in pixels."""


class ImageSizes:
    """The sizes of the images in a feature, and where each is found first.

    Attributes:
        found: Place of the first image of each size, such as `row 42 of images.tfrecord`.
    """

    def __init__(self) -> None:
        self.found: dict[Size, str] = {}

    def add(self, values: pa.Array, counts: np.ndarray, file: Path, before: int) -> None:
        """Takes more rows into account; what is no image is ignored.

        Args:
            values: Bytes of all rows, one after another.
            counts: Number of values of each row.
            file: File of the rows.
            before: Number of rows of the file before these.
        """
        for signature, size_of in _SIGNATURES.items():
            for index in pc.indices_nonzero(pc.starts_with(values, pattern=signature)).to_pylist():
                size = size_of(memoryview(values[index].as_buffer()).cast("B"))
                if size is not None and size not in self.found and len(self.found) < MOST_SIZES:
                    row = before + 1 + int(np.searchsorted(np.cumsum(counts), index, side="right"))
                    self.found[size] = place(row, file)


def _png(data: memoryview) -> Size | None:
    return None if len(data) < 24 else (_big(data[20:24]), _big(data[16:20]))


def _gif(data: memoryview) -> Size | None:
    return None if len(data) < 10 else (_little(data[8:10]), _little(data[6:8]))


def _jpeg(data: memoryview) -> Size | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            return _big(data[at + 5 : at + 7]), _big(data[at + 7 : at + 9])
        # A marker may be filled up with 0xFF; else, the segment states its length.
        at += 1 if data[at + 1] == 0xFF else 2 + _big(data[at + 2 : at + 4])
    return None


def _big(data: memoryview) -> int:
    return int.from_bytes(data, "big")


def _little(data: memoryview) -> int:
    return int.from_bytes(data, "little")


_SIGNATURES: dict[bytes, Callable[[memoryview], Size | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"GIF8": _gif,
}
"""What the files begin with. BMP's two letters may begin a text."""
