"""Finds the input files, and identifies them by their content."""

from pathlib import Path
from typing import Any

from tfx.components.example_gen import driver, utils
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from components.example_gen.fingerprint import fingerprint
from components.example_gen.settings import Settings
from components.formats.csv import image_paths
from components.formats.litter import is_among_litter


class Driver(driver.FileBasedDriver):
    """TFX's driver with a fingerprint of the files' names and contents instead of their sizes and times.

    So new content is never taken for the old, and a copy with other times is not read again.
    """

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo | None,
        component_info: data_types.ComponentInfo | None,
    ) -> dict[str, Any]:
        """Resolves span and version as TFX does, unless the settings state them, and adds the fingerprint."""
        resolved = super().resolve_exec_properties(exec_properties, pipeline_info, component_info)
        settings = Settings.of(resolved)
        if settings.span is not None:
            resolved[utils.SPAN_PROPERTY_NAME] = settings.span
            resolved[utils.VERSION_PROPERTY_NAME] = settings.version
        return {**resolved, utils.FINGERPRINT_PROPERTY_NAME: input_fingerprint(resolved)}


def input_fingerprint(exec_properties: dict[str, Any]) -> str:
    """Returns the fingerprint of all input files.

    Args:
        exec_properties: Execution properties of an ExampleGen, with patterns that its driver has resolved.
    """
    folder = Path(exec_properties[standard_component_specs.INPUT_BASE_KEY])
    files = [file for found in input_files(exec_properties) for file in found]
    images = Settings.of(exec_properties).reading.images
    if paths := [column for column, label in images.items() if not label]:
        files += image_paths.files(files, paths)
    return fingerprint(files, folder)


def input_files(exec_properties: dict[str, Any]) -> list[list[Path]]:
    """Returns the files of each input split, in order.

    Args:
        exec_properties: As for `input_fingerprint`.
    """
    config = example_gen_pb2.Input()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], config)
    folder = Path(exec_properties[standard_component_specs.INPUT_BASE_KEY])
    return [
        sorted(file for file in folder.glob(split.pattern) if not is_among_litter(file.relative_to(folder)))
        for split in config.splits
    ]
