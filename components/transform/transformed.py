"""The transform graph, applied to one shard at a time."""

import apache_beam as beam
import pyarrow as pa
from apache_beam.utils import shared
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import TFTransformOutput, impl_helper
from tensorflow_transform.saved import saved_transform_io_v2
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tensor_adapter import TensorAdapter, TensorAdapterConfig

from components import shards
from components.record_batches import Reader
from components.transform.culprit import explained


class TransformShard(beam.DoFn):
    """Reads a raw shard and writes the transformed one: the same rows in the same order."""

    def __init__(self, schema: schema_pb2.Schema, config: TensorAdapterConfig, graph: str, rows: int) -> None:
        self._reader, self._config, self._uri = Reader(schema, rows), config, graph
        self._shared = shared.Shared()

    def setup(self) -> None:
        """Builds what does not travel to workers."""
        self._reader.setup()

    def process(self, pair: tuple[str, str], _written: object) -> None:
        """Transforms a shard once the graph is written.

        Args:
            pair: Raw and transformed shard.
        """
        raw, transformed = pair
        graph = self._shared.acquire(lambda: _Graph(self._uri, self._config))
        shards.write(
            transformed, (example for batch in self._reader.process(raw) for example in graph.examples(batch))
        )


class _Graph:
    """The graph, loaded once per process.

    It is called by TFT's loader, which leaves out what no output needs: less than half of the time of the calls in
    `components.learning.transformation`, whose graph becomes part of a model.
    """

    def __init__(self, uri: str, config: TensorAdapterConfig) -> None:
        output = TFTransformOutput(uri)
        schema = output.transformed_metadata.schema
        self._adapter = TensorAdapter(config)
        self._model = saved_transform_io_v2.SavedModelLoader(output.transform_savedmodel_dir)
        self._model.finalize(self._adapter.TypeSpecs().keys(), self._model.structured_outputs.keys())
        self._converter = impl_helper.make_tensor_to_arrow_converter(schema)
        self._encoder = RecordBatchToExamplesEncoder(schema)

    def examples(self, batch: pa.RecordBatch) -> list[bytes]:
        """Returns the serialised transformed examples.

        Raises:
            UserError: They cannot be transformed; names the column and the value, or the row.
        """
        try:
            return self._transformed(batch)
        except Exception as error:
            found = explained(error, batch, self._transformed)
            if found is None:
                raise
            raise found from error

    def _transformed(self, batch: pa.RecordBatch) -> list[bytes]:
        tensors = self._adapter.ToBatchTensors(batch, produce_eager_tensors=True)
        return self._encoder.encode(self._converter.convert(self._model.apply_transform_model(tensors)))
