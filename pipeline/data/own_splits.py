"""The user's own splits: a folder or files for each, found by their names or by configured patterns."""

import fnmatch
import glob
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.errors import DataError, UserError, one_of
from components.formats import registry, split_names
from components.formats.format import IMAGE_FOLDERS
from components.formats.litter import is_among_litter, is_litter
from components.formats.split_names import SYNONYMS, split_of
from pipeline.data import image_folders

TRAIN, TEST = "train", "test"

_POOL = "data.split: {hash: true} pools all files and splits their rows anew"


def configured(folder: Path, patterns: Mapping[str, str]) -> dict[str, list[Path]]:
    """Returns the files of `data.split.files` by split.

    Raises:
        DataError: No file matches a pattern, or a file matches several.
    """
    found: dict[str, list[Path]] = {}
    for split in sorted(patterns, key=list(SYNONYMS).index):
        matches = [file for file in sorted(folder.glob(patterns[split])) if not is_litter(file.name)]
        if not matches:
            raise DataError(f"data.split.files.{split}: no file in {folder} matches {patterns[split]!r}")
        for other, files in found.items():
            if twice := sorted({*files}.intersection(matches)):
                raise DataError(
                    f"data.split.files: {twice[0]} is in {other} and {split}; keep it in one of them"
                )
        found[split] = matches
    return found


def in_files(folder: Path, names: Sequence[str]) -> dict[str, list[Path]]:
    """Returns the files of a folder by split, if their names say it; else nothing.

    Args:
        folder: The folder.
        names: Names of its data files.

    Raises:
        DataError: Only some names do.
    """
    found = split_names.by_split(names)
    rest = sorted(set(names) - {name for files in found.values() for name in files})
    if found and rest:
        examples = ", ".join(f"{split}: {files[0]}" for split, files in found.items())
        raise DataError(
            f"data.path: {folder} has files for {one_of(found).replace(' or ', ' and ')}, but {rest[0]} is for "
            f"none; move it away, or name the files: data.split: {{files: {{{examples}}}}}; {_POOL}"
        )
    return {split: [folder / name for name in files] for split, files in found.items()}


def in_folders(path: Path, names: Sequence[str]) -> dict[str, list[Path]]:
    """Returns the data files of folders such as `train`, `eval` and `test`, if there are at least two of them.

    They are in the folder itself or, if they are images, in a folder for each class.

    Args:
        path: Folder that has them.
        names: Names in that folder.

    Raises:
        DataError: There are several for one split, or other files are among images.
    """
    found: dict[str, list[Path]] = {}
    for name in names:
        split = split_of(name)
        if not split or not (path / name).is_dir():
            continue
        if files := data_files(path / name) or image_folders.find(path / name):
            if split in found:
                other = found[split][0].relative_to(path).parts[0]
                raise DataError(f"data.path: {path} has {other} and {name} for {split}; keep one of them")
            found[split] = files
    ordered = {split: found[split] for split in SYNONYMS if split in found}
    return ordered if len(ordered) > 1 else {}


def pooled(path: Path, names: Sequence[str]) -> tuple[str, list[Path]] | None:
    """Returns a pattern of the files in folders such as `train` and `test`, and the files; None if there are none.

    Args:
        path: Folder that has these folders.
        names: Names in that folder.

    Raises:
        DataError: The pattern matches other files, too.
    """
    files = sorted(itertools.chain.from_iterable(in_folders(path, names).values()))
    if not files:
        return None
    suffix = registry.suffix(files[0].name, registry.trainable())
    glob_ = f"*/*{suffix}" if suffix else f"*/{IMAGE_FOLDERS}"
    for other in sorted({*path.glob(glob_)} - {*files}):
        if not is_among_litter(other.relative_to(path)):
            raise DataError(f"data.path: {other} is beside the folders of the splits; move it away")
    return glob_, files


def data_files(folder: Path) -> list[Path]:
    """Returns the files in a folder that can be trained on."""
    return sorted(
        file
        for file in folder.iterdir()
        if registry.suffix(file.name, registry.trainable()) and not is_litter(file.name)
    )


def pattern(directory: Path, files: Sequence[Path], patterns: Mapping[str, str], split: str) -> str:
    """Returns a pattern that matches these files of the directory and no others.

    Args:
        directory: Folder that patterns are relative to.
        files: Files of a split.
        patterns: Configured patterns.
        split: Name of the split.

    Raises:
        DataError: There is none.
    """
    if split in patterns:
        return patterns[split]
    names = [str(file.relative_to(directory)) for file in files]
    if registry.suffix(names[0], registry.IMAGES.suffixes):
        return f"{glob.escape(Path(names[0]).parts[0])}/{IMAGE_FOLDERS}"
    common = _common(names)
    suffix = _common([name[len(common) :][::-1] for name in names])[::-1]
    folder = files[0].parent
    others = [str(file.relative_to(directory)) for file in folder.iterdir()]
    candidates = [f"{glob.escape(common)}{'*' if len(names) > 1 else ''}{glob.escape(suffix)}"]
    if folder != directory:
        candidates.insert(0, f"{glob.escape(folder.name)}/*{files[0].suffix}")
    for candidate in candidates:
        if sorted(fnmatch.filter(others, candidate)) == sorted(names):
            return candidate
    raise DataError(
        f"data.path: the files of {split} in {folder} have no pattern in common; rename them, such as {split}-1.csv "
        f"and {split}-2.csv"
    )


def has_label(files: Sequence[Path], label: str) -> bool:
    """Whether a file has the column to predict; files that cannot be read count as if they had it."""
    try:
        return any(label in registry.open_rows(str(file), {}).schema.names for file in files)
    except UserError:
        return True


def lines(
    found: Mapping[str, Sequence[Path]], unlabelled: Sequence[Path], directory: Path, label: str
) -> Iterator[str]:
    """Yields what is said about own splits that were found by their names."""
    if len(found) > 1:
        shown = ", ".join(f"{split} {_shown(files, directory)}" for split, files in found.items())
        yield f"data.split: the splits are those of your files: {shown}; {_POOL}"
    if unlabelled:
        rest = (
            "" if len(found) > 1 else f"; the rows of {_shown(found[TRAIN], directory)} are split by a hash"
        )
        yield f"data.path: {_shown(unlabelled, directory)} has no column {label!r} and is left out{rest}"


def _shown(files: Sequence[Path], directory: Path) -> str:
    first = str(files[0].relative_to(directory))
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _common(names: Sequence[str]) -> str:
    """The longest beginning of all names."""
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*names, strict=False))
    return "".join(each[0] for each in same)
