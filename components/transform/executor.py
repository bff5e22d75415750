"""Analyses and transforms examples in batches of a fixed size."""

from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.transform import executor as stock
from tfx.proto import example_gen_pb2

BATCH_SIZE = 500


class Executor(stock.Executor):
    """TFX's executor, which lets Beam find a batch size by the clock.

    Sums of other batches are rounded otherwise, so that means differed in their last digits from run to run,
    and with them the trained models.
    """

    def _GetDesiredBatchSize(
        self, data_format: example_gen_pb2.PayloadFormat, schema: schema_pb2.Schema
    ) -> int:
        found = super()._GetDesiredBatchSize(data_format, schema)  # pyright: ignore[reportAttributeAccessIssue]
        return found or BATCH_SIZE
