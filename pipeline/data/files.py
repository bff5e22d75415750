"""The files of a data set."""

import os
import re
from pathlib import Path

from components.errors import DataError, one_of
from components.formats import paths, registry
from components.formats.format import Format

_PACKED = (".gz", ".zip")


def find(path: Path) -> tuple[Path, str, list[Path], Format]:
    """The folder of the files, a glob of their names, the files, and their format.

    Raises:
        DataError: There are no files to train on, they have different formats, or TFX would not find them.
    """
    if any(character in str(path) for character in "*?[]\\"):
        raise DataError(
            f"data.path: {path} contains one of * ? [ ] \\, which TFX treats as a pattern; rename it"
        )
    if (found := re.search(r"\{(SPAN|VERSION|YYYY|MM|DD)\b", path.name)) and not path.is_dir():
        raise DataError(f"data.path: {path} contains {found[0]}}}, which TFX treats as a pattern; rename it")
    if fault := paths.unusable_name(path):
        raise DataError(f"data.path: {paths.shown(path)}: {fault}")
    try:
        names = sorted(entry.name for entry in os.scandir(path))
    except NotADirectoryError:
        _require_file(path)
        return path.parent, path.name, [path], _format_of(path)
    except FileNotFoundError:
        if path.is_symlink():
            raise DataError(f"data.path: {path} is a link to a file that does not exist") from None
        raise DataError(f"data.path: {path} does not exist; give a folder of {_patterns()} files") from None
    except OSError as error:
        raise DataError(f"data.path: {paths.shown(path)} cannot be read: {error.strerror}") from None
    return _in_folder(path, names)


def _in_folder(path: Path, names: list[str]) -> tuple[Path, str, list[Path], Format]:
    found = {
        f"*{suffix}": [name for name in names if name.endswith(suffix)] for suffix in registry.trainable()
    }
    found = {pattern: files for pattern, files in found.items() if files}
    if not found:
        remedies = [remedy for name in names if (remedy := _remedy(name))]
        raise DataError("; ".join([f"data.path: {path} contains no {_patterns()} files", *remedies[:1]]))
    if len(found) > 1:
        raise DataError(
            f"data.path: {path} mixes {' and '.join(found)}; keep one format per folder, or give a single file"
        )
    pattern, data = next(iter(found.items()))
    files = [path / name for name in data]
    for file in files:
        _require_file(file)
    return path, pattern, files, _format_of(files[0])


def _require_file(file: Path) -> None:
    if fault := paths.fault(file):
        raise DataError(f"data.path: {paths.shown(file)} {fault}")


def _patterns() -> str:
    return one_of(f"*{suffix}" for suffix in registry.trainable())


def _format_of(file: Path) -> Format:
    found = registry.find(file.name, registry.trainable())
    if found is None:
        remedy = _remedy(file.name) or "convert it, or rename it if only its suffix is wrong"
        raise DataError(f"data.path: {file} is not a {_patterns()} file; {remedy}")
    return found


def _remedy(name: str) -> str | None:
    """How to turn a file of this name into one to train on; None if there is no known way."""
    for suffix in registry.trainable():
        if name.lower().endswith(suffix) and not name.endswith(suffix):
            return f"rename {name} to {name[: -len(suffix)]}{suffix}"
    if name.lower().endswith(
        tuple(f"{suffix}{packed}" for suffix in registry.trainable() for packed in _PACKED)
    ):
        return f"unpack {name}"
    if registry.find(name.lower(), registry.readable()):
        return f"convert {name}, whose format is supported for predictions but not for training"
    return None
