"""Inspects TFRecord files of `tf.Example`s, without TensorFlow."""

import dataclasses
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats.cells.reading import PLAIN, Reading
from components.formats.columns import flatten, scalars
from components.formats.contents import (
    ENOUGH_ROWS,
    Contents,
    Counts,
    check_count,
    check_labelled,
    require_label,
)
from components.formats.images.sizes import ImageSizes
from components.formats.parquet.columns import is_bytes
from components.formats.recognition.columns import Columns
from components.formats.tfrecord.rows import read_examples

_NOTHING = pa.nulls(0)


def inspect(
    files: list[Path], label: str, categorical: Collection[str] = (), reading: Reading = PLAIN
) -> Contents:
    """Reads TFRecord files of `tf.Example`s; `categorical` is ignored, because their numbers are float32 already.

    Raises:
        DataError: A file is damaged, or a feature has several types.
    """
    features: dict[str, _Feature] = {}
    different: set[bytes] = set()
    labels: list[pa.Array] = []
    first: Path | None = None  # file with examples
    learned, unlearned, rows = Columns(reading), set[str](), 0
    for file in files:
        before = 0
        try:
            for records, batch in read_examples(file, {}):
                if len(different) < ENOUGH_ROWS:
                    different.update(records)
                check_count(batch.schema.names, file)
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                for name in {**features, **columns}:
                    feature = features.get(name)
                    if feature is None:
                        feature = features[name] = _Feature(name)
                        if first is not None:  # it has no values in the examples before
                            feature.counts.add(np.zeros(1, int), first, 0)
                    feature.add(columns.get(name, _NOTHING), batch.num_rows, file, before)
                    if name in columns and name not in unlearned and not _learn(learned, name, columns[name]):
                        unlearned.add(name)
                first, before = first or file, before + batch.num_rows
                rows += len(records)
                labels.append(_as_text(columns.get(label, _NOTHING), label, file))
        except DataError:
            raise
        except UserError as error:
            raise DataError(f"data.path: {error}") from None
    if rows:
        require_label(label, tuple(features), files[0])
    sizes = {
        name: each.size
        for name, each in features.items()
        if each.type != pa.large_binary() or each.size is None
    }
    values = _labels(labels)
    check_labelled(label, rows - len(values), rows)
    profiles = {
        name: dataclasses.replace(profile, rows=rows, is_unique=profile.is_unique and profile.filled == rows)
        for name, profile in learned.profiles().items()
        if name not in unlearned
    }
    return Contents(
        tuple(features),
        sizes,
        min(len(different), ENOUGH_ROWS),
        values,
        varying={name: str(each.counts) for name, each in features.items() if each.size is None},
        words=tuple(name for name, each in features.items() if each.has_words),
        images={name: each.images.found for name, each in features.items() if each.images.found},
        profiles=profiles,
        reading=reading,
    )


def _learn(learned: Columns, name: str, lists: pa.Array) -> bool:
    """Takes more values of a feature into account; False if it has lists of several, or bytes that are not text."""
    if pa.types.is_null(lists.type):
        return True
    values, counts = flatten(lists)
    if counts.max(initial=0) > 1:
        return False
    if is_bytes(values.type):
        try:
            values = values.cast(pa.string())
        except pa.ArrowInvalid:
            return False
    learned.add_typed(name, scalars(values, counts))
    return True


class _Feature:
    """What the values of a feature have in common.

    Attributes:
        type: Type of the values; None as long as there is none.
        counts: Numbers of values that examples have.
        images: Sizes of images in files.
    """

    def __init__(self, name: str) -> None:
        self.type: pa.DataType | None = None
        self.counts, self.images = Counts(), ImageSizes()
        self._name = name

    @property
    def size(self) -> int | None:
        """See `common_size`."""
        return self.counts.size

    @property
    def has_words(self) -> bool:
        """Whether examples have varying numbers of texts."""
        return self.size is None and self.type == pa.large_binary() and not self.images.found

    def add(self, lists: pa.Array, rows: int, file: Path, before: int) -> None:
        """Takes the lists of more examples of a file into account.

        Args:
            lists: The lists; empty if no example has the feature.
            rows: Number of examples.
            file: Their file.
            before: Number of examples in the file before these.

        Raises:
            DataError: They have another type than those before.
        """
        if pa.types.is_null(lists.type):
            self.counts.add(np.zeros(rows, int), file, before)
            return
        if self.type not in (None, lists.type.value_type):
            raise DataError(
                f"data.path: {file}: feature {self._name!r} is {lists.type.value_type}, but {self.type} in the "
                "examples before; write one type"
            )
        self.type = lists.type.value_type
        counts = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
        self.counts.add(counts, file, before)
        if pa.types.is_large_binary(self.type):
            self.images.add(lists.flatten(), counts, file, before)


def _as_text(lists: pa.Array, label: str, file: Path) -> pa.Array:
    """Labels with text instead of bytes."""
    if pa.types.is_null(lists.type) or not is_bytes(lists.type.value_type):
        return lists
    try:
        return lists.cast(pa.large_list(pa.large_string()))
    except pa.ArrowInvalid:
        raise DataError(f"data.label: {label} in {file} is not UTF-8 text; write it as UTF-8") from None


def _labels(parts: list[pa.Array]) -> np.ndarray | pa.ChunkedArray:
    """The label of each example that has one; or a list for each with the feature, if some examples have several."""
    kept = [part.drop_null() for part in parts if not pa.types.is_null(part.type)]
    if any((pc.max(pc.list_value_length(part)).as_py() or 0) > 1 for part in kept):
        return pa.chunked_array(kept)
    values = [part.flatten().to_numpy(zero_copy_only=False) for part in kept]
    return np.concatenate([each for each in values if len(each)] or [np.empty(0)])
