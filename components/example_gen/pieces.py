"""Rows on their way from the blocks of files to the shards, on disk, because no engine need hold them all in memory."""

import uuid
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import tensorflow as tf

_BYTES = 2**24
"""Size of the rows that are sorted into pieces at once."""


class Piece(NamedTuple):
    """Rows of one shard from one block, as an Arrow record batch in a file.

    Attributes:
        file: The file that the rows come from.
        block: Where the block starts in it.
        path: The file that has the piece.
        start: Where the piece begins in it, in bytes.
        length: Length in bytes; 0 if there are no rows.
    """

    file: str
    block: int
    path: str
    start: int
    length: int


NOTHING = Piece("", 0, "", 0, 0)


def write(
    folder: str, file: str, block: int, rows: Iterable[tuple[pa.RecordBatch, np.ndarray]]
) -> Iterator[tuple[int, Piece]]:
    """Writes the rows of a block to a new file.

    Args:
        folder: Folder of the file.
        file, block: See `Piece`.
        rows: Rows, and the shard of each.

    Yields:
        Shards and pieces.
    """
    path = f"{folder}/{uuid.uuid4().hex}"
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(path, "wb") as stream:
        start = 0
        for shard, piece in _sorted(rows):
            content = piece.serialize().to_pybytes()
            stream.write(content)
            yield shard, Piece(file, block, path, start, len(content))
            start += len(content)


def read(pieces: Iterable[Piece], schema: pa.Schema) -> pa.Table:
    """Returns the rows of pieces; their order is that of the data, not of `pieces`."""
    return pa.Table.from_batches([_read(piece, schema) for piece in sorted(pieces) if piece.length], schema)


def _read(piece: Piece, schema: pa.Schema) -> pa.RecordBatch:
    with tf.io.gfile.GFile(piece.path, "rb") as stream:
        stream.seek(piece.start)
        return pa.ipc.read_record_batch(pa.py_buffer(stream.read(piece.length)), schema)


def _sorted(rows: Iterable[tuple[pa.RecordBatch, np.ndarray]]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yields the rows shard by shard, a limited number of bytes at a time."""
    held: list[tuple[pa.RecordBatch, np.ndarray]] = []
    for pair in rows:
        if pair[0].num_rows:
            held.append(pair)
        if sum(batch.nbytes for batch, _ in held) >= _BYTES:
            yield from _by_shard(held)
            held = []
    if held:
        yield from _by_shard(held)


def _by_shard(held: list[tuple[pa.RecordBatch, np.ndarray]]) -> Iterator[tuple[int, pa.RecordBatch]]:
    shards = np.concatenate([each for _, each in held])
    order = np.argsort(shards, kind="stable")
    (rows,) = (
        pa.Table.from_batches([batch for batch, _ in held])
        .take(pa.array(order))
        .combine_chunks()
        .to_batches()
    )
    found, starts, counts = np.unique(shards[order], return_index=True, return_counts=True)
    for shard, start, count in zip(found.tolist(), starts.tolist(), counts.tolist(), strict=True):
        yield shard, rows.slice(start, count)
