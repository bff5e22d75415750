"""Analyses examples, writes the graph that transforms them, and transforms them shard by shard."""

import contextlib
import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import apache_beam as beam
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.transform import executor_utils, labels
from tfx.components.util import examples_utils, udf_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import Artifact, artifact_utils, standard_component_specs

from components import shards
from components.artifacts import Artifacts
from components.errors import UserError
from components.record_batches import Reader, ShardRecords
from components.schema import read_schema
from components.transform import label_classes, levels, recipe
from components.transform.analysis import explaining
from components.transform.transformed import TransformShard

progress = logging.getLogger("progress")

_BATCH_VALUES = 2**24
"""Pixels of images transformed at a time, at most; there are several copies of them, of 4 bytes and more each."""

_TEXT_ROWS = 500
"""Rows transformed at a time if they have free text, which takes many times the memory once it is in words."""

_UNKNOWN_ROWS = 500
"""Rows transformed at a time where images may hide; as many as TFX takes."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs the Transform component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Writes the transform graph and what stands beside it, and says which numbers are levels."""
        self.run(input_dict, output_dict, exec_properties)
        graph = artifact_utils.get_single_uri(output_dict[standard_component_specs.TRANSFORM_GRAPH_KEY])
        recipe.write(graph, exec_properties)
        for line in levels.lines(levels.read(graph)):
            progress.info(line)

    def run(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Writes the transform graph, the label's classes and, if there is an output for them, the examples."""
        executor_utils.MatchNumberOfTransformedExamplesArtifacts(input_dict, output_dict)
        examples = input_dict[standard_component_specs.EXAMPLES_KEY]
        _check(examples)
        splits = executor_utils.ResolveSplitsConfig(
            exec_properties.get(standard_component_specs.SPLITS_CONFIG_KEY), examples
        )
        transformed = output_dict.get(standard_component_specs.TRANSFORMED_EXAMPLES_KEY) or []
        executor_utils.SetSplitNames(splits.transform, transformed)
        schema = read_schema(input_dict[standard_component_specs.SCHEMA_KEY])
        graph = artifact_utils.get_single_uri(output_dict[standard_component_specs.TRANSFORM_GRAPH_KEY])
        analysed = [shard for split in splits.analyze for shard in shards.files_of(examples, split)]
        records, rows = ShardRecords(analysed, schema), batch_rows(schema, _custom_config(exec_properties))
        temporary = f"{graph}/.temp_path"
        context = tft_beam.Context(temporary, use_deep_copy_optimization=True)
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                explaining(temporary, analysed, Reader(schema, rows), records.TensorAdapterConfig())
            )
            for artifact in transformed:
                stack.enter_context(shards.parts(artifact))
            pipeline = stack.enter_context(self._make_beam_pipeline())
            stack.enter_context(context)
            batches = pipeline | "Read" >> records.BeamSource(rows)
            function = (batches, records.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(
                _preprocessing_fn(exec_properties)
            )
            raw = tft.DatasetMetadata(_with_lists(schema, _custom_config(exec_properties)))
            _ = raw | tft_beam.WriteMetadata(f"{graph}/{tft.TFTransformOutput.RAW_METADATA_DIR}", pipeline)
            written = function | tft_beam.WriteTransformFn(graph)
            _ = (
                pipeline
                | beam.Create(_pairs(examples, transformed, splits.transform))
                | beam.ParDo(
                    TransformShard(schema, records.TensorAdapterConfig(), graph, rows),
                    beam.pvalue.AsIter(written),
                )
            )
        if fileio.exists(temporary):
            fileio.rmtree(temporary)
        if classes := _custom_config(exec_properties).get("classes"):
            label_classes.write(graph, classes)


def _with_lists(schema: schema_pb2.Schema, custom_config: Mapping[str, Any]) -> schema_pb2.Schema:
    """The schema, which says of the lists with several values per row that they are such."""
    marked = schema_pb2.Schema()
    marked.CopyFrom(schema)
    for feature in marked.feature:
        if custom_config.get("lists", {}).get(feature.name) == "" and not feature.HasField("shape"):
            feature.value_count.min = 0
    return marked


def _pairs(
    examples: Sequence[Artifact], transformed: Sequence[Artifact], splits: Sequence[str]
) -> list[tuple[str, str]]:
    """Each raw shard with its transformed one, which has the same name in the same split."""
    pairs = []
    for split in splits if transformed else ():
        for source, target in zip(examples, transformed, strict=True):
            folder = artifact_utils.get_split_uris([target], split)[0]
            for shard in shards.files_of([source], split):
                name = shard.rpartition("/")[2]
                pairs.append((shard, f"{folder}/{name if name.endswith('.gz') else f'{name}.gz'}"))
    return pairs


def _preprocessing_fn(exec_properties: dict[str, Any]) -> Callable[..., Any]:
    key = standard_component_specs.PREPROCESSING_FN_KEY
    config = {labels.CUSTOM_CONFIG: exec_properties.get(standard_component_specs.CUSTOM_CONFIG_KEY)}
    return executor_utils.MaybeBindCustomConfig(config, udf_utils.get_fn(exec_properties, key))


def _custom_config(exec_properties: dict[str, Any]) -> Mapping[str, Any]:
    return json.loads(exec_properties.get(standard_component_specs.CUSTOM_CONFIG_KEY) or "null") or {}


def batch_rows(schema: schema_pb2.Schema, custom_config: Mapping[str, Any]) -> int:
    """Returns the number of rows to transform at once: bytes may be images, whose pixels take far more memory.

    Args:
        schema: Schema of the raw features.
        custom_config: Values for `preprocessing_fn`. `shapes` has the shape of each image, by name; without it, any
            feature of bytes may be one.
    """
    if "shapes" in custom_config:
        values = sum(math.prod(shape) for shape in custom_config["shapes"].values())
        most = _TEXT_ROWS if custom_config.get("texts") else shards.BATCH_ROWS
        return max(1, min(most, _BATCH_VALUES // max(1, values)))
    has_bytes = any(feature.type == schema_pb2.BYTES for feature in schema.feature)
    return _UNKNOWN_ROWS if has_bytes else shards.BATCH_ROWS


def _check(examples: Sequence[Artifact]) -> None:
    for artifact in examples:
        payload = example_gen_pb2.PayloadFormat.Name(examples_utils.get_payload_format(artifact))
        files = examples_utils.get_file_format(artifact)
        if payload != "FORMAT_TF_EXAMPLE" or "parquet" in files.lower():
            raise UserError(
                f"Transform: {artifact.uri} holds {payload} in {files}; only FORMAT_TF_EXAMPLE in TFRecords can be "
                "transformed, let ExampleGen write that"
            )
