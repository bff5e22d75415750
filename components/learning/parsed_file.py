"""Parsed examples on disk: an Arrow file whose record batches are blocks of equally many examples."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from components.features import LABEL, WEIGHT

Block = dict[str, np.ndarray]
"""Arrays by name, of shape (examples, *shape); the label is one of them."""

LAYOUT = 2
"""Version of what `write` writes; a file of another one cannot be read."""

_SUMMARY = b"summary"


class LabelSummary(NamedTuple):
    """What a training asks about the labels, as numbers, and about their weights.

    Blocks are added in the order in which they are stored, and their borders depend on the data alone; so do the
    roundings.

    Attributes:
        count: Number of labels.
        mean: Their weighted mean.
        squares: Weighted sum of the squares of their distances from the mean.
        least: The smallest one.
        weight: Sum of the weights; without weights, each label weighs 1.
        least_weight: The smallest weight; NaN if one is.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = float("inf")
    weight: float = 0.0
    least_weight: float = float("inf")

    def add(self, labels: np.ndarray, weights: np.ndarray | None = None) -> "LabelSummary":
        """Returns the summary of these and more labels.

        Args:
            labels: Labels of shape (examples, 1), or 0 and 1 of shape (examples, labels), whose means count; at least
                one example.
            weights: Their weights, of shape (examples, 1).
        """
        values = labels.astype(np.float64)
        least = float(values.min())
        if values.ndim > 1 and values.shape[1] > 1:
            values = values.mean(axis=1, keepdims=True)
        each = np.ones(()) if weights is None else weights.astype(np.float64)
        added = float(len(values)) if weights is None else float(each.sum())
        total = self.weight + added
        mean = float(values.mean()) if weights is None else float((values * each).sum()) / (added or 1.0)
        distance, share = mean - self.mean, added / (total or 1.0)
        return LabelSummary(
            self.count + len(values),
            self.mean + distance * share,
            self.squares + float((each * np.square(values - mean)).sum()) + distance**2 * self.weight * share,
            min(self.least, least),
            total,
            float(np.minimum(self.least_weight, each.min())),
        )

    def add_block(self, block: Block) -> "LabelSummary":
        """Returns the summary of these labels and those of a block."""
        return self.add(block[LABEL], block.get(WEIGHT))

    @property
    def std(self) -> float:
        """Their weighted standard deviation."""
        return (self.squares / self.weight) ** 0.5


def to_batch(block: Mapping[str, np.ndarray]) -> pa.RecordBatch:
    """Returns a block as a record batch: a list of numbers or bytes of fixed length per example and name."""
    return pa.record_batch({name: _lists(array) for name, array in block.items()})


def to_block(batch: pa.RecordBatch, spec: Mapping[str, Any]) -> Block:
    """Returns a record batch as arrays, which share its memory unless they are bytes.

    Args:
        batch: Record batch from `to_batch`.
        spec: Features by name, with their `shape`.
    """
    return {
        name: batch.column(name)
        .flatten()
        .to_numpy(zero_copy_only=False)
        .reshape(len(batch), *spec[name].shape)
        for name in batch.schema.names
    }


def _lists(array: np.ndarray) -> pa.FixedSizeListArray:
    values = pa.array(array.reshape(-1), pa.binary() if array.dtype == object else None)
    return pa.FixedSizeListArray.from_arrays(values, len(values) // len(array))


class ParsedFile:
    """A file of parsed examples. It stays open, so that it can be read even after it is deleted.

    It is read, not mapped into memory, whose use would grow with the file.

    Args:
        path: File that `write` has written.
        spec: Features by name.

    Attributes:
        examples: Number of examples.
        block: Examples in a block; the last block may have fewer.
        bytes: Memory that all examples take.
        labels: Summary of the labels.

    Raises:
        ValueError: The file is damaged.
        OSError: It cannot be read.
    """

    def __init__(self, path: str | Path, spec: Mapping[str, Any]) -> None:
        self.spec = dict(spec)
        self._file = pa.OSFile(str(path))
        reader = self.reader()
        _, custom = reader.get_batch_with_custom_metadata(reader.num_record_batches - 1)
        if custom is None:
            raise ValueError(f"{path}: has no summary")
        summary = json.loads(custom[_SUMMARY])
        self.block, self.bytes = summary["block"], summary["bytes"]
        self.labels = LabelSummary(*summary["labels"])
        self.examples = self.labels.count

    def reader(self) -> pa.RecordBatchFileReader:
        """Returns a reader for `read`; several may be used at once."""
        return pa.ipc.open_file(self._file)

    def columns(self, names: Sequence[str]) -> Block:
        """Reads whole columns, which must fit in memory."""
        found: dict[str, list[np.ndarray]] = {name: [] for name in names}
        places = [self.reader().schema.get_field_index(name) for name in names]
        reader = pa.ipc.open_file(self._file, options=pa.ipc.IpcReadOptions(included_fields=places))
        for number in range(reader.num_record_batches):
            for name, array in to_block(reader.get_batch(number), self.spec).items():
                found[name].append(array)
        return {name: np.concatenate(arrays) for name, arrays in found.items()}

    def read(self, reader: pa.RecordBatchFileReader, blocks: Sequence[int] | np.ndarray) -> Block:
        """Reads some blocks and lays them one after the other."""
        found: Block = {}
        done, size = 0, sum(min(self.block, self.examples - number * self.block) for number in blocks)
        for number in blocks:
            batch = reader.get_batch(int(number))
            for name, array in to_block(batch, self.spec).items():
                if name not in found:
                    found[name] = np.empty((size, *array.shape[1:]), array.dtype)
                found[name][done : done + len(batch)] = array
            done += len(batch)
        return found


def write(path: str | Path, batches: Iterable[pa.RecordBatch], spec: Mapping[str, Any]) -> None:
    """Writes blocks to a file, and after them, with an empty block, what is known only at the end.

    Args:
        path: File to write, replaced if it exists.
        batches: Blocks from `to_batch`, at least one, of equally many examples; the last one may have fewer.
        spec: Features by name.
    """
    batches = iter(batches)
    first = next(batches)
    size, labels = 0, LabelSummary()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, first.schema) as writer:
        for batch in itertools.chain([first], batches):
            writer.write_batch(batch)
            size += batch.nbytes
            labels = labels.add_block(to_block(batch, spec))
        summary = json.dumps({"block": len(first), "bytes": size, "labels": labels})
        writer.write_batch(first.slice(0, 0), custom_metadata={_SUMMARY: summary})
