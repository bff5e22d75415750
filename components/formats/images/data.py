"""Inspects images in a folder for each class."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from components.errors import DataError, UserError
from components.formats.contents import ENOUGH_ROWS, Contents
from components.formats.image_files import IMAGE, Sizes, read


def inspect(files: list[Path], label: str, categorical: Collection[str] = (), *_: object) -> Contents:
    """Reads the headers of image files; the name of a file's folder is its label.

    Args:
        files: The files.
        label: Name for the column of labels.
        categorical: Ignored.

    Raises:
        DataError: A file is no image.
    """
    if label == IMAGE:
        raise DataError(
            f"data.label: {label!r} is the column of the images; choose another name, such as kind"
        )
    sizes, different = Sizes(), set()
    try:
        for file in files:
            sizes.add(file)
            if len(different) < ENOUGH_ROWS:
                different.add((file.parent.name, read(file)))
    except UserError as error:
        raise DataError(f"data.path: {error}") from None
    labels = np.array([file.parent.name for file in files], object)
    return Contents(
        (IMAGE, label), {label: 1}, len(different), labels, image_files={IMAGE: sizes}, folders=label
    )
