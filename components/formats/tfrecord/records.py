"""Reads and writes TFRecord files without TensorFlow, whose import takes seconds.

A record consists of its length (8 bytes, little endian), the masked CRC-32C of the length, the payload, and the masked
CRC-32C of the payload (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details).
A file named `*.gz` is compressed with gzip.
"""

import gzip
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import google_crc32c

from components.formats.signatures import GZIP_ERRORS, gzip_fault, mistaken

MAX_RECORD_BYTES = 2**28
"""Maximum size of a record; a larger length field is taken for damage."""

BATCH_BYTES = 2**26
"""Size at which a batch of records ends, so that records of any size fit into memory."""

_PIECE = 2**22
"""Bytes read at a time, because a length field may promise more than the file has."""


def read_batches(path: Path, size: int) -> Iterator[list[bytes]]:
    """Yields lists of at most `size` records, or of about `BATCH_BYTES`.

    Raises:
        ValueError: See `read_records`; the message names the record.
        OSError: The file cannot be read.
    """
    batch: list[bytes] = []
    size_bytes = 0
    for record in read_records(path):
        batch.append(record)
        size_bytes += len(record)
        if len(batch) == size or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the payloads.

    Raises:
        ValueError: The file is not a TFRecord file, is damaged, or is truncated.
        OSError: The file cannot be read.
    """
    number = 0
    with _open(path, "rb") as stream:
        try:
            while header := stream.read(12):
                number += 1
                yield _payload(header, stream, number)
        except GZIP_ERRORS as error:
            raise ValueError(gzip_fault(error)) from None


def size(path: Path) -> int:
    """Returns the size of a file in bytes, without compression.

    Raises:
        ValueError: The file is compressed and damaged.
        OSError: The file cannot be read.
    """
    if path.suffix.lower() != ".gz":
        return path.stat().st_size
    with _open(path, "rb") as stream:
        try:
            return sum(map(len, iter(lambda: stream.read(_PIECE), b"")))
        except GZIP_ERRORS as error:
            raise ValueError(gzip_fault(error)) from None


def _payload(header: bytes, stream: IO[bytes], number: int) -> bytes:
    if len(header) != 12 or _checksum(header[:8]) != header[8:]:
        if number == 1:
            other = mistaken(header, "TFRecords")
            raise ValueError(other or "the file does not begin with a record; it is not a TFRecord file")
        raise ValueError(f"record {number}: the length is damaged")
    (length,) = struct.unpack("<Q", header[:8])
    if length > MAX_RECORD_BYTES:
        raise ValueError(
            f"record {number}: a length of {length:,} bytes, more than {MAX_RECORD_BYTES:,}; the file is damaged"
        )
    pieces = []
    while length and (piece := stream.read(min(length, _PIECE))):
        pieces.append(piece)
        length -= len(piece)
    payload, checksum = b"".join(pieces), stream.read(4)
    if len(checksum) != 4:
        raise ValueError(f"record {number}: the file is truncated in the middle of a record")
    if _checksum(payload) != checksum:
        raise ValueError(f"record {number}: the record is damaged")
    return payload


def write_records(path: Path, payloads: Iterable[bytes]) -> None:
    """Writes a file that TensorFlow can read."""
    with _open(path, "wb") as stream:
        for payload in payloads:
            length = struct.pack("<Q", len(payload))
            stream.write(length + _checksum(length) + payload + _checksum(payload))


def _open(path: Path, mode: str) -> gzip.GzipFile | IO[Any]:
    # No name and no time in the gzip header, so that equal payloads make equal files.
    if path.suffix.lower() != ".gz":
        return path.open(mode)
    return gzip.GzipFile(path, mode, mtime=0) if "w" in mode else gzip.open(path, mode)


def _checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
