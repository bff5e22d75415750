"""Shards as Arrow record batches, one column per feature of the schema."""

from collections.abc import Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder
from tfx_bsl.tfxio import tf_example_record

from components import shards


class ShardRecords(tf_example_record.TFExampleRecord):
    """TFX's reader of `tf.Example`s (a TFXIO), shard by shard: rows stay in order, and batches are large."""

    def __init__(self, files: Sequence[str], schema: schema_pb2.Schema) -> None:
        super().__init__(list(files), schema=schema, telemetry_descriptors=["Shards"])
        self._files, self._features = list(files), schema

    def BeamSource(self, batch_size: int | None = None) -> beam.PTransform:
        """Returns the transform that reads record batches of at most `batch_size` rows from all shards."""
        return _ReadAll(self._files, Reader(self._features, batch_size or shards.BATCH_ROWS))


class Reader(beam.DoFn):
    """Reads shards in record batches whose columns are lists of float32, int64 or binary; a missing value is null."""

    def __init__(self, schema: schema_pb2.Schema, batch_rows: int = shards.BATCH_ROWS) -> None:
        self._schema, self._batch_rows = schema.SerializeToString(), batch_rows

    def setup(self) -> None:
        """Builds what does not travel to workers."""
        self._decoder = ExamplesToRecordBatchDecoder(self._schema)

    def process(self, shard: str) -> Iterator[pa.RecordBatch]:
        """Yields the rows of a shard in order."""
        for examples in shards.read(shard, self._batch_rows):
            yield self._decoder.DecodeBatch(examples)


@beam.typehints.with_output_types(pa.RecordBatch)
class _ReadAll(beam.PTransform):
    def __init__(self, files: Sequence[str], reader: Reader) -> None:
        super().__init__()
        self._files, self._reader = files, reader

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return pipeline | beam.Create(self._files) | beam.ParDo(self._reader)
