"""The parsed copy of a split that does not fit in memory, made once and kept beside its examples."""

import contextlib
import errno
import fcntl
import functools
import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from tfx.types import Artifact

from components import shards
from components.errors import UserError
from components.learning import parsed_file
from components.learning.parsed_file import ParsedFile
from reactive_schedules import durable

progress = logging.getLogger("progress")

FOLDER = ".columns"
"""Folder in an `Examples` artifact. It is hidden, so that it does not count as content, and goes with the artifact."""


class ParsedCopy:
    """The parsed copy of a split.

    It is in the folder of the examples, where every process and every later run finds it: under a name that depends
    on their content, and only when it is whole. If that folder cannot be written, as in an object store, each
    process has a copy of its own in the temporary folder, which vanishes with the process, however that ends.

    Args:
        examples: `Examples` artifacts.
        split: Name of the split.
        spec: Features by name.
    """

    def __init__(self, examples: Sequence[Artifact], split: str, spec: Mapping[str, Any]) -> None:
        self._split, self._spec = split, spec
        self._files = shards.files_of(examples, split)
        uri = examples[0].uri
        self._folder = None if "://" in uri else Path(uri, FOLDER)

    def find(self) -> ParsedFile | None:
        """Returns the copy; None if there is none, or if it is damaged."""
        if self._folder is None or not any(self._folder.glob(f"{self._split}-*.arrow")):
            return None  # without reading the examples for their name
        with contextlib.suppress(OSError, ValueError):
            return ParsedFile(self._folder / self._name, self._spec)

    def make(self, batches: Iterable[pa.RecordBatch], example_bytes: float) -> ParsedFile:
        """Makes the copy, unless another process is faster.

        Args:
            batches: The examples, for `parsed_file.write`.
            example_bytes: Mean size of a parsed example.

        Raises:
            UserError: The disk has too little space.
        """
        with contextlib.ExitStack() as stack:
            try:
                folder = self._folder and stack.enter_context(_locked(self._folder))
            except OSError:  # it cannot be written, or the file system has no locks
                folder = None
            if folder is None:
                file = stack.enter_context(tempfile.TemporaryFile())
                path = f"/dev/fd/{file.fileno()}"
                self._write(path, tempfile.gettempdir(), batches, example_bytes)
                return ParsedFile(path, self._spec)
            if found := self.find():
                return found
            # What a killed process left unfinished is overwritten.
            path, part = folder / self._name, folder / f"{self._split}.part"
            try:
                self._write(part, folder, batches, example_bytes)
                durable.flush(part)
                part.replace(path)
                for older in folder.glob(f"{self._split}-*.arrow"):
                    if older.name.rpartition("-")[0] == self._split and older != path:
                        older.unlink()  # who reads it has it open
            finally:
                part.unlink(missing_ok=True)
            durable.flush(folder)
            return ParsedFile(path, self._spec)

    def _write(
        self, path: str | Path, folder: str | Path, batches: Iterable[pa.RecordBatch], example_bytes: float
    ) -> None:
        count = sum(len(part) for part in shards.batches(self._files))
        needed, free = count * example_bytes, shutil.disk_usage(folder).free
        lacking = UserError(
            f"{folder}: has {free / 2**30:.1f} GiB free, but the {count:,} examples of the split {self._split!r} do "
            f"not fit in memory and take {needed / 2**30:.1f} GiB of disk; free some space there"
        )
        if needed > free:
            raise lacking
        progress.info(f"{self._split}: parsing {count:,} examples once, {needed / 2**30:.1f} GiB in {folder}")
        try:
            parsed_file.write(path, batches, self._spec)
        except OSError as error:
            if error.errno == errno.ENOSPC:  # others use the disk, too
                raise lacking from None
            raise

    @functools.cached_property
    def _name(self) -> str:
        """File name: the same for the same examples in the same layout, wherever they are."""
        digest = hashlib.sha256(repr((parsed_file.LAYOUT, sorted(self._spec.items()))).encode())
        for path in self._files:
            with Path(path).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return f"{self._split}-{digest.hexdigest()[:32]}.arrow"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """Creates a folder and keeps other processes out of it."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder
