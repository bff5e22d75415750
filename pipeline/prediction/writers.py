"""Files of rows with their predictions."""

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
    """Makes sure that a file can be written, before any work is done.

    Args:
        file: ends in one of `components.formats.registry.writable()`, or is `-` for CSV to standard output.
        overwrite: whether it may be there already.

    Raises:
        UserError: it has another suffix, it exists, or its folder does not.
    """
    if file == STANDARD_STREAM:
        return
    registry.check_writable(file)
    if Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
        raise UserError(f"{file}: {'it is a folder' if Path(file).is_dir() else 'there is no such folder'}")
    if Path(file).exists() and not overwrite:
        raise UserError(f"{file}: it exists; give --overwrite to replace it")


@contextlib.contextmanager
def open_writer(file: str, schema: pa.Schema) -> Iterator[Writer]:
    """A writer by the file's suffix; the file appears when all is written, or not at all.

    Args:
        file: one that `check_output` accepts.
        schema: of the batches.

    Raises:
        UserError: the file cannot be written.
    """
    if file == STANDARD_STREAM:
        yield registry.open_writer(file, sys.stdout.buffer, schema)
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as raw:
            stream = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) if file.endswith(".gz") else raw
            with stream, contextlib.closing(registry.open_writer(file, stream, schema)) as writer:
                yield writer
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:  # the disk is full, or the folder is another's
        raise UserError(f"{file}: it cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
