"""Runs Transform's executor, ours or TFX's, on raw examples made here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import transform_pb2
from tfx.types import Artifact, standard_artifacts
from tfx.utils import proto_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components import shards
from components.transform.executor import Executor
from pipeline.run.beam import arguments

CONFIG = {
    "label": "target",
    "task": "classification",
    "classes": [0, 1],
    "shapes": {},
    "categorical": ["code"],
    "ignore": ["id"],
}


def artifact(kind: type[Artifact], uri: Path) -> Artifact:
    made = kind()
    made.uri = str(uri)
    return made


def write_raw(
    folder: Path, columns: dict[str, list], splits: dict[str, list[list[int]]]
) -> dict[str, list[Artifact]]:
    """Writes examples and their schema.

    Args:
        folder: Where to.
        columns: Lists of values by name; an empty list is a missing value.
        splits: The rows of each shard, by split.
    """
    schema, arrays = schema_pb2.Schema(), {}
    for name, values in columns.items():
        flat = [value for row in values for value in row]
        kind = {bytes: "BYTES", int: "INT", float: "FLOAT"}[type(flat[0])]
        arrow = {"BYTES": pa.binary(), "INT": pa.int64(), "FLOAT": pa.float32()}[kind]
        arrays[name] = pa.array(values, pa.list_(arrow))
        feature = schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
        if {len(row) for row in values} == {1}:
            feature.presence.min_fraction = 1
            feature.shape.dim.add(size=1)
    batch, encoder = pa.RecordBatch.from_pydict(arrays), RecordBatchToExamplesEncoder(schema)
    for split, parts in splits.items():
        for index, rows in enumerate(parts):
            shard = f"{folder}/examples/Split-{split}/{shards.name(index, len(parts))}"
            shards.write(shard, encoder.encode(batch.take(pa.array(rows, pa.int64()))))
    (folder / "schema").mkdir()
    (folder / "schema/schema.pbtxt").write_text(text_format.MessageToString(schema), encoding="utf-8")
    examples = artifact(standard_artifacts.Examples, folder / "examples")
    examples.split_names = json.dumps(sorted(splits))
    return {"examples": [examples], "schema": [artifact(standard_artifacts.Schema, folder / "schema")]}


def run(
    inputs: dict[str, list[Artifact]],
    out: Path,
    preprocessing_fn: str = "pipeline.preprocessing.preprocessing_fn",
    executor: type[base_beam_executor.BaseBeamExecutor] = Executor,
    beam: tuple[str, ...] = (),
    config: dict[str, Any] = CONFIG,
) -> Path:
    """Analyses `train` and transforms all splits into a folder, which is returned."""
    splits = json.loads(inputs["examples"][0].split_names)
    of_splits = transform_pb2.SplitsConfig(analyze=["train"], transform=splits)
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=arguments(list(beam)), tmp_dir=f"{out}/tmp/", unique_id="1"
    )
    executor(context).Do(
        inputs,
        {
            "transform_graph": [artifact(standard_artifacts.TransformGraph, out / "graph")],
            "transformed_examples": [artifact(standard_artifacts.Examples, out / "examples")],
        },
        {
            "preprocessing_fn": preprocessing_fn,
            "splits_config": proto_utils.proto_to_json(of_splits),
            "custom_config": json.dumps(config),
            "disable_statistics": 1,
            "force_tf_compat_v1": 0,
        },
    )
    return out


def read(out: Path, split: str) -> dict[str, np.ndarray]:
    """The transformed features of a split by name, in the order of the shards; sparse ones as their values."""
    spec = tft.TFTransformOutput(str(out / "graph")).transformed_feature_spec()
    files = sorted(map(str, (out / f"examples/Split-{split}").glob("*.gz")))
    examples = [record.numpy() for record in tf.data.TFRecordDataset(files, "GZIP")]
    parsed = tf.io.parse_example(tf.constant(examples), spec)
    return {
        name: (value if isinstance(value, tf.Tensor) else value.values).numpy()
        for name, value in parsed.items()
    }
