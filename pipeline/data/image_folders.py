"""Images in a folder for each class."""

from pathlib import Path

from components.errors import DataError, few
from components.formats.format import IMAGE_SUFFIXES
from components.formats.litter import is_litter
from components.formats.split_names import split_of


def find(folder: Path) -> list[Path] | None:
    """Returns the image files in the folders of a folder; None if there are none.

    Raises:
        DataError: The folders are nested, have other files, or are splits instead of classes.
    """
    classes = _inside(folder, folders=True)
    files = [file for each in classes for file in _inside(each, folders=False)]
    nested = [each for each in classes if any(_images(inner) for inner in _inside(each, folders=True))]
    if len(nested) == 1:
        raise DataError(
            f"data.path: {folder} has folders of images inside {nested[0].name}; give data.path: {nested[0]}"
        )
    if nested:
        names = few([each.name for each in nested])
        raise DataError(
            f"data.path: {folder} has folders of images inside {names}; give one of these folders, or, if they are "
            "splits, name them train, eval and test"
        )
    images = [file for file in files if _is_image(file)]
    if not images:
        return None
    if loose := [each for each in _inside(folder, folders=False) if _is_image(each)]:
        raise DataError(
            f"data.path: {loose[0]} is beside the folders of the classes; move it into that of its class, or away"
        )
    if others := sorted({*files} - {*images}):
        raise DataError(
            f"data.path: {others[0]} is among images but is no JPEG or PNG; convert it, or move it away"
        )
    named = {each.name for each in classes if _images(each)}
    if len(named) > 1 and all(map(split_of, named)):
        raise DataError(
            f"data.path: the folders {' and '.join(sorted(named))} have images, but no folder for each class; move "
            "the images into such folders, or give a CSV with a column of their paths"
        )
    return images


def _images(folder: Path) -> bool:
    return any(map(_is_image, _inside(folder, folders=False)))


def _is_image(file: Path) -> bool:
    return file.name.lower().endswith(IMAGE_SUFFIXES)


def _inside(folder: Path, *, folders: bool) -> list[Path]:
    return [
        entry for entry in sorted(folder.iterdir()) if entry.is_dir() == folders and not is_litter(entry.name)
    ]
