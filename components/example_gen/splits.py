"""Decides which split each row belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from tfx.components.example_gen import utils
from tfx.proto import example_gen_pb2

from components.errors import UserError
from components.example_gen.hashing import hash_rows
from components.formats.columns import flatten


@dataclass(frozen=True)
class Splits:
    """The output splits of an ExampleGen.

    Attributes:
        names: Names of the splits.
        buckets: Share of each split of the only input split; empty if the input splits are the output splits.
        feature: Feature whose value decides the split; all of them if empty.
    """

    names: tuple[str, ...]
    buckets: tuple[int, ...] = ()
    feature: str = ""

    @classmethod
    def configured(cls, source: example_gen_pb2.Input, target: example_gen_pb2.Output) -> "Splits":
        """Reads the input and output configurations of TFX."""
        names = utils.generate_output_split_names(source, target)
        config = target.split_config
        return cls(
            tuple(names), tuple(split.hash_buckets for split in config.splits), config.partition_feature_name
        )

    def of(self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int) -> np.ndarray:
        """Returns the index of the split of each row, of shape (rows,).

        Args:
            rows: Values of the features.
            hashes: Hash of each row.
            origin: Index of the input split that the rows come from.

        Raises:
            UserError: A row has no value in the feature that decides.
        """
        if not self.buckets:
            return np.full(rows.num_rows, origin)
        if self.feature:
            hashes = self._hashes_of_feature(rows)
        ends = np.cumsum(self.buckets)
        return np.searchsorted(ends, (hashes % np.uint64(ends[-1])).astype(np.int64), side="right")

    def _hashes_of_feature(self, rows: pa.RecordBatch) -> np.ndarray:
        if self.feature not in rows.schema.names:
            raise UserError(f"partition_feature_name: there is no feature {self.feature!r}")
        chosen = rows.select([self.feature])
        _, counts = flatten(chosen.column(0))
        if missing := int(np.sum(counts == 0)):
            raise UserError(
                f"partition_feature_name: {self.feature!r} is empty in {missing:,} rows; fill them in"
            )
        return hash_rows(chosen)

    def sizes(self, origins: Mapping[int, int]) -> list[float]:
        """Returns the expected size of each split.

        Args:
            origins: Size of each input split.
        """
        if not self.buckets:
            return [origins.get(index, 0) for index in range(len(self.names))]
        total = sum(origins.values())
        return [total * share / sum(self.buckets) for share in self.buckets]
