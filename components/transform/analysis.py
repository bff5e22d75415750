"""Names the column and the value that the analysis of examples fails for."""

import contextlib
from collections.abc import Iterator, Sequence

import pyarrow as pa
import tensorflow as tf
from tensorflow_transform.saved import saved_transform_io_v2
from tfx_bsl.tfxio.tensor_adapter import TensorAdapter, TensorAdapterConfig

from components.errors import UserError
from components.record_batches import Reader
from components.transform.culprit import Transform, explained

_FAILED = "trying to apply the transformation"
"""What TFT says where a graph fails for a batch of rows, wherever the worker was."""


@contextlib.contextmanager
def explaining(
    folder: str, analysed: Sequence[str], reader: Reader, config: TensorAdapterConfig
) -> Iterator[None]:
    """Finds the rows that the analysis failed for, by running it again, and explains why.

    Args:
        folder: Folder of TFT's temporary graphs.
        analysed: Shards.
        reader: Reads them, in the batches of the analysis.
        config: How batches become tensors.

    Raises:
        UserError: The analysis failed for the value of a column, or for a row.
    """
    try:
        yield
    except Exception as error:
        found = _found(folder, analysed, reader, config) if _FAILED in str(error) else None
        if found is None:
            raise
        raise found from error


def _found(
    folder: str, analysed: Sequence[str], reader: Reader, config: TensorAdapterConfig
) -> UserError | None:
    reader.setup()
    adapter = TensorAdapter(config)
    for file in sorted(tf.io.gfile.glob(f"{folder}/*/*/saved_model.pb")):
        transform = _loaded(file.rpartition("/")[0], adapter)
        for batch in (batch for shard in analysed for batch in reader.process(shard)):
            try:
                transform(batch)
            except Exception as error:
                return explained(error, batch, transform)
    return None


def _loaded(graph: str, adapter: TensorAdapter) -> Transform:
    model = saved_transform_io_v2.SavedModelLoader(graph)
    model.finalize(adapter.TypeSpecs().keys(), model.structured_outputs.keys())

    def transform(batch: pa.RecordBatch) -> object:
        return model.apply_transform_model(adapter.ToBatchTensors(batch, produce_eager_tensors=True))

    return transform
