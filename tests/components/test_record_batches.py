"""Shards, read into record batches."""

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from apache_beam.testing import util
from tensorflow_metadata.proto.v0 import schema_pb2

from components import record_batches, shards


def write(tmp_path, index: int, texts: list[bytes]) -> str:
    shard = f"{tmp_path}/Split-train/{shards.name(index, 2)}"
    feature = [tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])) for text in texts]
    examples = [tf.train.Example(features=tf.train.Features(feature={"text": one})) for one in feature]
    shards.write(shard, (example.SerializeToString() for example in examples))
    return shard


def test_batches_are_bounded_by_rows_and_by_bytes(tmp_path):
    small, large = write(tmp_path, 0, [b"a"] * 10_000), write(tmp_path, 1, [b"b" * 2**20] * 10)
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="text", type=schema_pb2.BYTES)])
    reader = record_batches.Reader(schema)
    reader.setup()
    assert [batch.num_rows for batch in reader.process(small)] == [4096, 4096, 1808]
    assert [batch.num_rows for batch in reader.process(large)] == [3, 3, 3, 1]


def test_a_pipeline_reads_all_shards(tmp_path):
    files = [write(tmp_path, index, [b"%d" % index] * (index + 1)) for index in range(2)]
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="text", type=schema_pb2.BYTES)])
    records = record_batches.ShardRecords(files, schema)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | records.BeamSource() | beam.Map(lambda batch: batch.to_pydict()["text"])
        util.assert_that(rows, util.equal_to([[[b"0"]], [[b"1"], [b"1"]]]))
    assert records.ArrowSchema().equals(pa.schema({"text": pa.large_list(pa.large_binary())}))
