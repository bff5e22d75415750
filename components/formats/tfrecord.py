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


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the payloads.

    Raises:
        ValueError: The file is not a TFRecord file, is damaged, or is truncated.
    """
    with _open(path, "rb") as stream:
        while header := stream.read(12):
            if len(header) != 12 or _checksum(header[:8]) != header[8:]:
                raise ValueError("the file does not begin with a record, or is damaged")
            (length,) = struct.unpack("<Q", header[:8])
            payload, checksum = stream.read(length), stream.read(4)
            if len(checksum) != 4:
                raise ValueError("the file is truncated in the middle of a record")
            if _checksum(payload) != checksum:
                raise ValueError("a record is damaged")
            yield payload


def write_records(path: Path, payloads: Iterable[bytes]) -> None:
    """Writes a file that TensorFlow can read."""
    with _open(path, "wb") as stream:
        for payload in payloads:
            length = struct.pack("<Q", len(payload))
            stream.write(length + _checksum(length) + payload + _checksum(payload))


def _open(path: Path, mode: str) -> gzip.GzipFile | IO[Any]:
    # No name and no time in the gzip header, so that equal payloads make equal files.
    if path.suffix != ".gz":
        return path.open(mode)
    return gzip.GzipFile(path, mode, mtime=0) if "w" in mode else gzip.open(path, mode)


def _checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
