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
from components.formats.image_orientation import HEAD_BYTES, UPRIGHT, orientation
from reactive_schedules.printable import one_line

IMAGE = "image"
"""Name of the column of images in a folder per class."""

MOST_PIXELS = 64
"""Height and width of images that are resized without a configured size are at most this."""

_FORMATS = ("JPEG", "PNG")
_ORIENTATION = 0x0112
"""The EXIF tag of how a camera was held; 1 is upright."""

_ENDS = (b"\0\0\0\0IEND\xaeB`\x82", b"\xff\xd9")
"""How a PNG and a JPEG end."""

_GRAYS = ("1", "L", "I", "I;16", "LA")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError)
"""What Pillow raises for a file that is no image, or a damaged one."""


@dataclass
class Sizes:
    """What images have in common.

    Attributes:
        counts: Number of images by (height, width), upright.
        has_colours: Whether there is an image in colours.
        inks: An image in the colours of printers (CMYK), if there is one.
        turned: Number of images that are turned upright, as their EXIF data says.
        lying: An image that is not, because the graph would not find what its metadata say, if there is one.
    """

    counts: Counter[tuple[int, int]] = field(default_factory=Counter)
    has_colours: bool = False
    inks: Path | None = None
    turned: int = 0
    lying: Path | None = None

    def add(self, file: Path) -> None:
        """Reads the beginning and the end of an image.

        Raises:
            UserError: It cannot be read, is no image, or is cut short.
        """
        with _opened(file, file) as image:
            found = orientation(_head(file))
            self.counts[(image.height, image.width) if found < 5 else (image.width, image.height)] += 1
            self.has_colours |= image.mode not in _GRAYS
            self.inks = file if image.mode == "CMYK" else self.inks
            self.turned += found != UPRIGHT
            self.lying = file if _said(image) not in (None, found) else self.lying
        if not _has_end(file):
            check(read(file), file)

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
                f"data.path: {self.turned:,} {'image is' if self.turned == 1 else 'images are'} turned upright, as the "
                "EXIF data says, here and in new rows"
            )
        if self.lying:
            yield (
                f"data.path: {self.lying} is to be turned, say its metadata, in a form that is not read, neither here "
                "nor in new rows; turn such images if that matters"
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


def _said(image: Any) -> int | None:
    """The orientation that the metadata of an image say, in whatever form; None if they say nothing sensible."""
    from PIL import Image

    try:
        # Not `image.getexif()`: that of a PNG decodes the whole image, in case there is more after it.
        said = Image.Image.getexif(image).get(_ORIENTATION)
    except Exception:  # of many kinds, for metadata that are damaged, which does not matter to the image
        return None
    return said if said in range(1, 9) else None


def _head(file: Path) -> bytes:
    """The first bytes of a file."""
    with file.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _has_end(file: Path) -> bool:
    """Whether an image ends as such files do; one that does not may be cut short, or have something after it."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - len(_ENDS[0])))
        return stream.read().endswith(_ENDS)


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
