"""Image files: their sizes, what is wrong with them, and their bytes."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import DataError, UserError
from components.formats import paths
from reactive_schedules.printable import one_line

IMAGE = "image"
"""Name of the column of images in a folder per class."""

MOST_PIXELS = 64
"""Height and width of images that are resized without a configured size are at most this."""

_FORMATS = ("JPEG", "PNG")
_ORIENTATION = 0x0112
"""The EXIF tag of how a camera was held; 1 is upright."""

_GRAYS = ("1", "L", "I", "I;16", "LA")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError)
"""What Pillow raises for a file that is no image, or a damaged one."""


@dataclass
class Sizes:
    """What images have in common.

    Attributes:
        counts: Number of images by (height, width).
        has_colours: Whether there is an image in colours.
        inks: An image in the colours of printers (CMYK), if there is one.
        turned: Number of images whose EXIF data says that they are not upright.
    """

    counts: Counter[tuple[int, int]] = field(default_factory=Counter)
    has_colours: bool = False
    inks: Path | None = None
    turned: int = 0

    def add(self, file: Path) -> None:
        """Reads the header of an image.

        Raises:
            UserError: It cannot be read, or is no image.
        """
        with _opened(file, file) as image:
            self.counts[image.height, image.width] += 1
            self.has_colours |= image.mode not in _GRAYS
            self.inks = file if image.mode == "CMYK" else self.inks
            self.turned += image.getexif().get(_ORIENTATION, 1) != 1

    def shape(self) -> list[int]:
        """The median height and width, scaled down to `MOST_PIXELS`, and the number of channels."""
        median = np.median(np.array(list(self.counts.elements())), axis=0)
        scaled = np.maximum(1, np.round(median * min(1, MOST_PIXELS / median.max())))
        return [*map(int, scaled), 3 if self.has_colours else 1]

    def check(self, name: str, shape: Sequence[int]) -> None:
        """Checks that the images of a column can get a shape.

        Raises:
            DataError: They cannot.
        """
        if shape[2] not in (1, 3):
            raise DataError(f"data.shapes: {name!r} has {shape[2]} channels; use 3, or 1 for grey images")
        if shape[2] == 1 and self.inks:
            raise DataError(f"data.shapes: {name!r}: {self.inks} is in CMYK, not in grey; use 3 channels")

    def remarks(self, name: str, shape: Sequence[int]) -> Iterator[str]:
        """Yields what is done with the images of a column, a line each."""
        smallest, largest = min(self.counts), max(self.counts)
        if len(self.counts) > 1 or list(largest) != list(shape[:2]):
            sizes = f"{smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]}"
            yield (
                f"data.shapes: the images, of {sizes} pixels, are resized to {shape[0]} x {shape[1]}; change it with "
                f"data.shapes: {{{name}: {list(shape)}}}"
            )
        if self.turned:
            yield (
                f"data.path: {self.turned:,} images are to be turned, says their EXIF data, which is not done, neither "
                "here nor for new rows; turn them if that matters"
            )


def check(content: bytes, file: object) -> None:
    """Decodes an image, because damage may be anywhere.

    Raises:
        UserError: It is no image, or is damaged.
    """
    with _opened(io.BytesIO(content), file) as image:
        try:
            image.load()
        except _DAMAGE as error:
            raise UserError(f"{file}: the image is damaged: {one_line(error)}") from None


def _opened(source: Any, file: object) -> Any:
    from PIL import Image

    try:
        return Image.open(source, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise UserError(f"{file}: {one_line(error)}") from None
    except _DAMAGE as error:
        reason = "it is no JPEG or PNG image" if "identify" in str(error) else one_line(error)
        raise UserError(f"{file}: {reason}; convert or remove it") from None


def read(file: Path) -> bytes:
    """Returns the content of an image file.

    Raises:
        UserError: It cannot be read.
    """
    if fault := paths.fault(file):
        raise UserError(f"{paths.shown(file)}: {fault}")
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None
