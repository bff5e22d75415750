"""The files of a data set."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import DataError, one_of
from components.formats import paths, registry
from components.formats.format import IMAGE_FOLDERS, Format
from components.formats.litter import is_litter
from pipeline.data import image_folders, own_splits, partitions

ALL = "all"
"""Name of the input split if all files are pooled."""

_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst")

_OTHERS = {
    (".xlsx", ".xls", ".ods", ".numbers"): "export as CSV the sheet in",
    (
        ".json",
        ".jsonl",
        ".ndjson",
        ".feather",
        ".arrow",
        ".avro",
        ".orc",
        ".h5",
        ".pkl",
    ): "convert to Parquet or CSV",
    (".txt", ".dat", ".data"): "rename to .csv, if it is a table with a header,",
    (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst"): "unpack",
}
"""What to do with files of other kinds, by suffix."""


@dataclass(frozen=True)
class Files:
    """The files of a data set.

    Attributes:
        directory: Folder that patterns are relative to.
        inputs: Pattern of each input split: of the user's own ones, else of `ALL`.
        files: The files, in the order of the input splits and of their names.
        format: Format of the files.
        lines: What the user should know about them.
    """

    directory: Path
    inputs: Mapping[str, str]
    files: list[Path]
    format: Format
    lines: tuple[str, ...] = ()


def find(path: Path, label: str = "", split: Mapping[str, Any] | None = None) -> Files:
    """Finds the files, and splits of the user's own in them.

    Args:
        path: Folder of the files, or a single file.
        label: Column to predict; a file or folder for tests that does not have it is left out.
        split: What decides on the splits, as in `pipeline.config.data.SplitSection`; with anything but `files`, files
            are pooled whatever their names.

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
    patterns: Mapping[str, str] = (split or {}).get("files", {})
    try:
        names = sorted(entry.name for entry in os.scandir(path) if not is_litter(entry.name))
    except NotADirectoryError:
        _require_file(path)
        if patterns:
            raise DataError(
                f"data.split.files: data.path is the file {path}; give the folder of all files"
            ) from None
        return Files(path.parent, {ALL: path.name}, [path], _format_of(path))
    except FileNotFoundError:
        if path.is_symlink():
            raise DataError(f"data.path: {path} is a link to a file that does not exist") from None
        raise DataError(f"data.path: {path} does not exist; give a folder of {_patterns()} files") from None
    except OSError as error:
        raise DataError(f"data.path: {paths.shown(path)} cannot be read: {error.strerror}") from None
    if patterns:
        return _of_splits(path, own_splits.configured(path, patterns), patterns)
    if split:
        return _pooled(path, names)
    return _recognised(path, names, label)


def _recognised(path: Path, names: list[str], label: str) -> Files:
    """The user's own splits, if names of files or folders say so; else all files."""
    data = [name for name in names if registry.suffix(name, registry.trainable())]
    found, folders = own_splits.in_files(path, data), own_splits.in_folders(path, names)
    if data and folders:
        raise DataError(
            f"data.path: {path} has files and the folders {' and '.join(folders)}; move either away, or give "
            f"data.path: {path / data[0]}"
        )
    found = found or folders
    if not found:
        return _pooled(path, names)
    unlabelled: Sequence[Path] = ()
    if own_splits.TEST in found and not own_splits.has_label(found[own_splits.TEST], label):
        unlabelled = found.pop(own_splits.TEST)
    if own_splits.TRAIN not in found:
        raise DataError(
            f"data.path: {path} has files for {' and '.join(found)}, but none for train; add them, or pool the files "
            "with data.split: {hash: true}"
        )
    files = _of_splits(path, found, {})
    lines = tuple(own_splits.lines(found, unlabelled, path, label))
    inputs = files.inputs if len(found) > 1 else {ALL: files.inputs[own_splits.TRAIN]}
    return Files(path, inputs, files.files, files.format, lines)


def _of_splits(path: Path, found: Mapping[str, list[Path]], patterns: Mapping[str, str]) -> Files:
    files = [file for each in found.values() for file in each]
    format_ = _one_format(path, files)
    inputs = {split: own_splits.pattern(path, each, patterns, split) for split, each in found.items()}
    return Files(path, inputs, files, format_)


def _one_format(path: Path, files: Sequence[Path]) -> Format:
    formats: dict[str, Format] = {}
    for file in files:
        _require_file(file)
        format_ = _format_of(file)
        formats[format_.name] = format_
    if len(formats) > 1:
        raise DataError(f"data.path: {path} mixes {' and '.join(formats)}; keep one format")
    return next(iter(formats.values()))


def _pooled(path: Path, names: list[str]) -> Files:
    found: dict[str, list[str]] = {}
    for name in names:
        if suffix := registry.suffix(name, registry.trainable()):
            found.setdefault(f"*{suffix}", []).append(name)
    if not found and (nested := partitions.find(path)):
        pattern, files = nested
        return Files(path, {ALL: pattern}, files, _format_of(files[0]))
    if not found and (pooled := own_splits.pooled(path, names)):
        pattern, files = pooled
        return Files(path, {ALL: pattern}, files, _one_format(path, files))
    if not found and (images := image_folders.find(path)):
        return Files(path, {ALL: IMAGE_FOLDERS}, images, registry.IMAGES)
    if not found:
        remedies = [remedy for name in names if (remedy := _remedy(name))]
        remedies += [
            f"give data.path: {path / name}"
            for name in names
            if (path / name).is_dir() and own_splits.data_files(path / name)
        ]
        raise DataError("; ".join([f"data.path: {path} contains no {_patterns()} files", *remedies[:1]]))
    if len(found) > 1:
        raise DataError(
            f"data.path: {path} mixes {' and '.join(sorted(found))}; keep one format per folder, or give a single file"
        )
    pattern, data = next(iter(found.items()))
    if not all(name.endswith(pattern[1:]) for name in data):  # .CSV
        pattern = re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", pattern)
    files = [path / name for name in data]
    for file in files:
        _require_file(file)
    return Files(path, {ALL: pattern}, files, _format_of(files[0]))


def _require_file(file: Path) -> None:
    if is_litter(file.name):
        raise DataError(
            f"data.path: {paths.shown(file)}: files of this name are ignored, because programs leave them beside data; "
            "rename it"
        )
    if fault := paths.fault(file):
        raise DataError(f"data.path: {paths.shown(file)} {fault}")


def _patterns() -> str:
    return one_of(f"*{suffix}" for suffix in registry.trainable())


def _format_of(file: Path) -> Format:
    found = registry.find(file.name, registry.all_trainable())
    if found is None:
        remedy = _remedy(file.name) or "convert it, or rename it if only its suffix is wrong"
        raise DataError(f"data.path: {file} is not a {_patterns()} file; {remedy}")
    return found


def _remedy(name: str) -> str | None:
    """How to turn a file of this name into one to train on; None if there is no known way."""
    if name.lower().endswith(
        tuple(f"{suffix}{packed}" for suffix in registry.trainable() for packed in _PACKED)
    ):
        return f"unpack {name}"
    for suffixes, remedy in _OTHERS.items():
        if name.lower().endswith(suffixes):
            return f"{remedy} {name}"
    if registry.find(name.lower(), registry.readable()):
        return f"convert {name}, whose format is supported for predictions but not for training"
    return None
