"""Images in a folder for each class."""

from pathlib import Path

from components.errors import DataError
from components.formats.format import IMAGE_FOLDERS, IMAGE_SUFFIXES
from components.formats.litter import is_litter


def find(folder: Path) -> list[Path] | None:
    """Returns the image files in the folders of a folder; None if there are none.

    Raises:
        DataError: The folders are nested, or have other files.
    """
    classes = _inside(folder, folders=True)
    files = [file for each in classes for file in _inside(each, folders=False)]
    nested = [each for each in classes if any(_images(inner) for inner in _inside(each, folders=True))]
    if nested:
        patterns = ", ".join(f"{each.name}: {each.name}/{IMAGE_FOLDERS}" for each in nested)
        raise DataError(
            f"data.path: {folder} has folders of images inside {nested[0].name}; give one of "
            f"these folders, or, for splits of your own, data.split: {{files: {{{patterns}}}}}"
        )
    images = [file for file in files if file.name.lower().endswith(IMAGE_SUFFIXES)]
    if not images:
        return None
    if others := sorted({*files} - {*images}):
        raise DataError(
            f"data.path: {others[0]} is among images but is no JPEG or PNG; convert it, or move it away"
        )
    return images


def _images(folder: Path) -> bool:
    return any(file.name.lower().endswith(IMAGE_SUFFIXES) for file in _inside(folder, folders=False))


def _inside(folder: Path, *, folders: bool) -> list[Path]:
    return [
        entry for entry in sorted(folder.iterdir()) if entry.is_dir() == folders and not is_litter(entry.name)
    ]
