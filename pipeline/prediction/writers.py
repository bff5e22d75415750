"""Writes files of rows with their predictions."""

import contextlib
import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from components.errors import UserError
from components.formats import registry
from components.formats.rows import STANDARD_STREAM, Writer


def check_output(file: str, overwrite: bool) -> None:
    """Checks that a file can be written, before any work is done.

    Args:
        file: Path with one of the suffixes `components.formats.registry.writable()`, or `-` for CSV on standard
            output.
        overwrite: Whether the file may exist already.

    Raises:
        UserError: The suffix is not supported, the file exists, or its folder does not.
    """
    if file == STANDARD_STREAM:
        return
    registry.check_writable(file)
    if Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
        raise UserError(f"{file}: {'is a folder' if Path(file).is_dir() else 'the folder does not exist'}")
    if Path(file).exists() and not overwrite:
        raise UserError(f"{file}: already exists; pass --overwrite to replace it")


@contextlib.contextmanager
def open_writer(file: str, schema: pa.Schema) -> Iterator[Writer]:
    """Opens a writer by the file's suffix; the file appears when it is complete, or not at all.

    Args:
        file: Path that `check_output` accepts.
        schema: Arrow schema of the batches.

    Raises:
        UserError: The file cannot be written.
    """
    if file == STANDARD_STREAM:
        yield registry.open_writer(file, sys.stdout.buffer, schema)
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as raw:
            stream = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) if file.lower().endswith(".gz") else raw
            with stream, contextlib.closing(registry.open_writer(file, stream, schema)) as writer:
                yield writer
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:  # the disk is full, or the folder is not writable
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
