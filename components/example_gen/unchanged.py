"""Makes sure that an ExampleGen read what its driver found."""

from typing import Any

from tfx.components.example_gen import base_example_gen_executor, utils
from tfx.types import standard_component_specs

from components.artifacts import Artifacts
from components.errors import DataError
from components.example_gen.driver import input_fingerprint


class UnchangedInput(base_example_gen_executor.BaseExampleGenExecutor):
    """Fails if a file changes while it is read: the examples would be neither the old content nor the new."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Reads the files, and checks that they are still those of the driver's fingerprint.

        Raises:
            DataError: A file was changed, added or removed.
        """
        super().Do(input_dict, output_dict, exec_properties)
        if input_fingerprint(exec_properties) != exec_properties[utils.FINGERPRINT_PROPERTY_NAME]:
            raise DataError(
                f"data.path: files in {exec_properties[standard_component_specs.INPUT_BASE_KEY]} changed while they "
                "were read; run again when nothing writes to them"
            )
