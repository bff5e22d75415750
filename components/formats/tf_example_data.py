"""Inspects TFRecord files of `tf.Example`s, without TensorFlow."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats.contents import ENOUGH_ROWS, Contents, check_count, common_size, require_label
from components.formats.tf_example import read_examples

_NOTHING = pa.nulls(0)


def inspect(files: list[Path], label: str, categorical: Collection[str] = ()) -> Contents:
    """Reads TFRecord files of `tf.Example`s; `categorical` is ignored, because their numbers are float32 already.

    Raises:
        DataError: A file is damaged, a feature has several types, or an example does not have exactly one label.
    """
    features: dict[str, _Feature] = {}
    different: set[bytes] = set()
    labels: list[np.ndarray] = []
    for file in files:
        try:
            for records, batch in read_examples(file, {}):
                if len(different) < ENOUGH_ROWS:
                    different.update(records)
                if label not in features:
                    require_label(label, tuple(batch.schema.names), file)
                check_count(batch.schema.names, file)
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                for name in {**features, **columns}:
                    # A feature that first appears in a later batch had no values before.
                    feature = features.setdefault(name, _Feature(name, is_late=bool(labels)))
                    feature.add(columns.get(name, _NOTHING), file)
                labels.append(_labels(columns.get(label, _NOTHING), label, batch.num_rows, file))
        except DataError:
            raise
        except UserError as error:
            raise DataError(f"data.path: {error}") from None
    sizes = {
        name: each.size
        for name, each in features.items()
        if each.type != pa.large_binary() or each.size is None
    }
    values = np.concatenate(labels or [np.empty(0)])
    return Contents(tuple(features), sizes, min(len(different), ENOUGH_ROWS), values)


class _Feature:
    """What the values of a feature have in common.

    Attributes:
        type: Type of the values; None as long as there is none.
    """

    def __init__(self, name: str, is_late: bool) -> None:
        self.type: pa.DataType | None = None
        self._name = name
        self._counts = {0} if is_late else set()

    @property
    def size(self) -> int | None:
        """See `common_size`."""
        return common_size(self._counts)

    def add(self, lists: pa.Array, file: Path) -> None:
        """Takes the lists of more examples into account.

        Raises:
            DataError: They have another type than those before.
        """
        if pa.types.is_null(lists.type):
            self._counts.add(0)
            return
        if self.type not in (None, lists.type.value_type):
            raise DataError(
                f"data.path: {file}: feature {self._name!r} is {lists.type.value_type}, but {self.type} in the "
                "examples before; write one type"
            )
        self.type = lists.type.value_type
        self._counts.update(pc.min_max(pc.fill_null(pc.list_value_length(lists), 0)).as_py().values())


def _labels(lists: pa.Array, label: str, rows: int, file: Path) -> np.ndarray:
    has_none = pa.types.is_null(lists.type)
    counts = np.zeros(rows, int) if has_none else np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    wrong = np.flatnonzero(counts != 1)
    if len(wrong):
        raise DataError(
            f"data.label: {label} in {file} has {counts[wrong[0]]} values in {len(wrong):,} of {rows:,} "
            "examples; a label must have one value per example"
        )
    values = lists.flatten()
    if pa.types.is_large_binary(values.type):
        try:
            values = values.cast(pa.large_string())
        except pa.ArrowInvalid:
            raise DataError(f"data.label: {label} in {file} is not UTF-8 text; write it as UTF-8") from None
    return values.to_numpy(zero_copy_only=False)
