"""Deletes from an environment what no task reads: `python slim.py SITE_PACKAGES`. Needs binutils, and nothing else.

It is a step of the Dockerfile, before this project is there, so it imports nothing of it. The packages that no task
imports are not installed in the first place (`unused.txt`).
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("include", "test_data", "testdata", "tests")
"""Headers, and tests with their data."""

FILES = re.compile(r".*\.(pyi|pyx|pxd|a|h|hpp|c|cc|cpp)")
"""Types and sources."""

TESTED = (
    "apache_beam",
    "keras",
    "kfp",
    "tensorflow_model_analysis",
    "tensorflow_transform",
    "tfx",
    "tfx_bsl",
)
"""Packages whose modules `…_test` are tests; those of SciPy are statistical ones."""

STRIPPED = (
    "apache_beam",
    "ml_metadata",
    "pyarrow",
    "tensorflow",
    "tensorflow_data_validation",
    "tfx_bsl",
    "zstandard",
)
"""Packages whose libraries have names for debuggers; they were never changed after they were linked."""


def slim(folder: Path) -> int:
    """Deletes what is not needed; returns the number of bytes.

    Args:
        folder: The folder `site-packages` of an environment.
    """
    before = _size(folder)
    for path in [*_unneeded(folder)]:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():  # not in a folder that was deleted
            path.unlink()
            for compiled in path.parent.glob(f"__pycache__/{path.stem}.cpython-*.pyc"):
                compiled.unlink()
    for package in STRIPPED:
        for library in sorted((folder / package).rglob("*.so*")):
            if library.is_file() and not library.is_symlink():
                slimmer = library.with_name(f"{library.name}.slim")
                subprocess.run(["strip", "--strip-unneeded", "-o", slimmer, library], check=True)
                slimmer.replace(library)
    return before - _size(folder)


def _unneeded(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink() or ".dist-info" in str(path):
            continue
        is_test = path.name.endswith("_test.py") and path.relative_to(folder).parts[0] in TESTED
        if path.name in FOLDERS if path.is_dir() else is_test or FILES.fullmatch(path.name):
            yield path


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    print(f"{slim(Path(sys.argv[1])) / 1e6:,.0f} MB less")
