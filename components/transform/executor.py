"""Analyses and transforms examples in batches of a fixed size."""

from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.transform import executor as stock
from tfx.proto import example_gen_pb2

BATCH_SIZE = 500


class Executor(stock.Executor):
    """TFX's executor with a fixed batch size.

    By default, Beam chooses the batch size by timing. Sums over different batches are rounded differently, so that
    means, and the models trained on them, would differ from run to run.
    """

    def _GetDesiredBatchSize(
        self, data_format: example_gen_pb2.PayloadFormat, schema: schema_pb2.Schema
    ) -> int:
        found = super()._GetDesiredBatchSize(data_format, schema)  # pyright: ignore[reportAttributeAccessIssue]
        return found or BATCH_SIZE
