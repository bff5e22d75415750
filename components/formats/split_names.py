"""Words for splits, in names of files, of folders and in columns."""

import re
from collections.abc import Iterable

SYNONYMS = {
    "train": ("train", "training"),
    "eval": ("eval", "val", "valid", "validation", "dev"),
    "test": ("test", "testing", "holdout"),
}
"""Words for each split, in lower case."""


def split_of(word: str) -> str | None:
    """Returns the split that a word stands for, in any case; None if it stands for none."""
    word = word.strip().lower()
    return next((split for split, words in SYNONYMS.items() if word in words), None)


def split_of_file(name: str) -> str | None:
    """Returns the split that the name of a file begins or ends with, such as `train-00001-of-00002.parquet`."""
    stem = name.split(".", 1)[0]
    words = [word for word in re.split(r"[^a-zA-Z]+", stem) if word and word != "of"]
    found = {split for word in (words[:1] + words[-1:]) if (split := split_of(word))}
    return found.pop() if len(found) == 1 else None


def by_split(names: Iterable[str]) -> dict[str, list[str]]:
    """Returns the names of files by split, train first; empty unless they name at least two splits."""
    found: dict[str, list[str]] = {split: [] for split in SYNONYMS}
    for name in names:
        if split := split_of_file(name):
            found[split].append(name)
    found = {split: files for split, files in found.items() if files}
    return found if len(found) > 1 else {}
