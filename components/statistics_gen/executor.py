"""Computes statistics of each split, one shard at a time."""

import posixpath
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from tfx.components.statistics_gen.executor import DEFAULT_FILE_NAME
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, json_utils
from tfx_bsl.coders import example_coder
from tfx_bsl.statistics import merge_util

from components import shards
from components.artifacts import Artifacts
from components.errors import DataError
from components.statistics_gen.generators import GENERATORS

Parts = list[Any]
"""An accumulator of each generator."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes `Split-<name>/FeatureStats.pb`, as TFX's executor does."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Computes the statistics.

        Raises:
            DataError: The examples are not `tf.Example`s, or a split has no files.
        """
        examples = artifact_utils.get_single_instance(input_dict[standard_component_specs.EXAMPLES_KEY])
        if examples_utils.get_payload_format(examples) != example_gen_pb2.FORMAT_TF_EXAMPLE:
            raise DataError("StatisticsGen: needs tf.Examples; use TFX's own for other payloads")
        excluded = json_utils.loads(exec_properties[standard_component_specs.EXCLUDE_SPLITS_KEY])
        splits = [
            split
            for split in artifact_utils.decode_split_names(examples.split_names)
            if split not in excluded
        ]
        output = output_dict[standard_component_specs.STATISTICS_KEY]
        statistics = artifact_utils.get_single_instance(output)
        statistics.split_names = artifact_utils.encode_split_names(splits)
        statistics.span = examples.span
        numbered = [
            (posixpath.join(artifact_utils.get_split_uri(output, split), DEFAULT_FILE_NAME), index, shard)
            for split in splits
            for index, shard in enumerate(_files(examples, split))
        ]
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | beam.Create(numbered)
                | beam.Reshuffle()
                | beam.MapTuple(lambda file, index, shard: (file, (index, accumulated(shard))))
                | beam.GroupByKey()
                | beam.MapTuple(_write)
            )


def _files(examples: Any, split: str) -> list[str]:
    files = shards.files_of([examples], split)
    if not files:
        raise DataError(f"StatisticsGen: no files in split {split!r} of {examples.uri}")
    return files


def accumulated(shard: str, batch_bytes: int = 2**25) -> Parts:
    """Computes the parts of one shard.

    Args:
        shard: The file.
        batch_bytes: Bytes read at a time, about; more than elsewhere, since a batch costs as much per column as
            hundreds of rows do.
    """
    decoder = example_coder.ExamplesToRecordBatchDecoder()
    parts = [generator.create_accumulator() for generator in GENERATORS]
    for examples in shards.read(shard, size=batch_bytes):
        batch = decoder.DecodeBatch(examples)
        parts = [generator.add_input(part, batch) for generator, part in zip(GENERATORS, parts, strict=True)]
    return _compact(parts)


def _compact(parts: Parts) -> Parts:
    return [generator.compact(part) for generator, part in zip(GENERATORS, parts, strict=True)]


def _write(file: str, numbered: Iterable[tuple[int, Parts]]) -> None:
    """Merges the parts of a split in the order of its shards, and writes the statistics."""
    in_order = [parts for _, parts in sorted(numbered, key=lambda pair: pair[0])]
    merged = _compact(
        [
            generator.merge_accumulators(of_generator)
            for generator, of_generator in zip(GENERATORS, zip(*in_order, strict=True), strict=True)
        ]
    )
    found = merge_util.merge_dataset_feature_statistics(
        [generator.extract_output(part) for generator, part in zip(GENERATORS, merged, strict=True)]
    )
    io_utils.write_bytes_file(file, found.SerializeToString(deterministic=True))
