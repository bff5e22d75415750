"""Reads files of any format, and writes their rows as `tf.Example`s."""

import re
from pathlib import Path
from typing import Any

from tfx.components.example_gen import utils, write_split
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components import shards
from components.artifacts import EQUAL, REMARKS, Artifacts
from components.errors import DataError, UserError, one_of
from components.example_gen import tally
from components.example_gen.driver import input_files, input_fingerprint
from components.example_gen.settings import Settings
from components.example_gen.splits import Splits
from components.example_gen.write_shards import TALLY, WriteShards
from components.formats import registry
from components.formats.format import Format

_BEAM = re.compile(r"\s*\[while running '.*'\]$")
"""What Beam adds to the message of an error."""


class Executor(BaseBeamExecutor):
    """Keeps the inputs, outputs and execution properties of TFX's ExampleGens for files."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Reads the files, and checks that they are still those of the driver's fingerprint.

        Raises:
            DataError: A file was changed, added or removed while it was read.
            UserError: There are no files, they have several formats, one is damaged, a split has no rows, or the
                disk is full.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        config, target = example_gen_pb2.Input(), example_gen_pb2.Output()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], config)
        proto_utils.json_to_proto(exec_properties[standard_component_specs.OUTPUT_CONFIG_KEY], target)
        payload = exec_properties.get(standard_component_specs.OUTPUT_DATA_FORMAT_KEY)
        if payload not in (None, example_gen_pb2.FORMAT_UNSPECIFIED, example_gen_pb2.FORMAT_TF_EXAMPLE):
            raise UserError(
                "output_data_format: this ExampleGen writes tf.Examples only; use FORMAT_TF_EXAMPLE"
            )
        settings = Settings.of(exec_properties)
        splits = Splits.configured(config, target, settings)
        files = input_files(exec_properties)
        source = registry.load(_format(files, config).training.source)(settings.reading)
        examples = output_dict[standard_component_specs.EXAMPLES_KEY]
        artifact = artifact_utils.get_single_instance(examples)
        artifact.split_names = artifact_utils.encode_split_names(list(splits.names))
        folders = [artifact_utils.get_split_uri(examples, name) for name in splits.names]
        paths = [source.units(found) for found in files]
        with shards.parts(artifact) as scratch:
            try:
                with self._make_beam_pipeline() as pipeline:
                    _ = pipeline | WriteShards(source, paths, splits, settings, folders, scratch)
                counts = tally.read(f"{scratch}/{TALLY}")
            except Exception as error:
                _check_unchanged(exec_properties)  # it may be the reason, whatever the error
                if isinstance(error, UserError):
                    raise type(error)(_BEAM.sub("", str(error))) from error
                raise
        examples_utils.set_payload_format(artifact, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(
            artifact, write_split.to_file_format_str(example_gen_pb2.FORMAT_TFRECORDS_GZIP)
        )
        _check_unchanged(exec_properties)
        remarks = list(
            tally.remarks(counts, splits.names, settings.label, splits.rule, settings.separator is not None)
        )
        artifact.set_string_custom_property(REMARKS, "\n".join(remarks))
        for name in splits.names:
            artifact.set_int_custom_property(f"{EQUAL}{name}", counts[tally.EQUAL, name])


def _format(files: list[list[Path]], config: example_gen_pb2.Input) -> Format:
    """The format of all files."""
    formats: dict[str, Format] = {}
    for split, found in zip(config.splits, files, strict=True):
        if not found:
            raise UserError(f"data.path: no file matches {split.pattern}")
        for file in found:
            format_ = registry.find(file.name, registry.all_trainable())
            if format_ is None:
                raise UserError(f"{file}: must end in {one_of(registry.trainable())}")
            formats[format_.name] = format_
    if len(formats) > 1:
        raise UserError(f"data.path: the files mix {' and '.join(formats)}; keep one format")
    return next(iter(formats.values()))


def _check_unchanged(exec_properties: dict[str, Any]) -> None:
    """Fails if a file changed while it was read: the examples would be neither the old content nor the new.

    Where no driver ran, there is nothing to compare with.
    """
    before = exec_properties.get(utils.FINGERPRINT_PROPERTY_NAME)
    if before is not None and input_fingerprint(exec_properties) != before:
        raise DataError(
            f"data.path: files in {exec_properties[standard_component_specs.INPUT_BASE_KEY]} changed while they "
            "were read; run again when nothing writes to them"
        )
