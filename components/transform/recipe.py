"""How a transform graph was made, which Transform leaves beside it, so that it can be made again for other rows."""

import json
from collections.abc import Mapping
from typing import Any

from tfx.dsl.io import fileio
from tfx.types import standard_component_specs
from tfx.utils import io_utils

FILE = "recipe.json"
"""File in the `TransformGraph` artifact: the execution properties that decide on the graph."""

_PROPERTIES = (
    standard_component_specs.PREPROCESSING_FN_KEY,
    standard_component_specs.CUSTOM_CONFIG_KEY,
)


def write(graph: str, exec_properties: Mapping[str, Any]) -> None:
    """Writes the recipe, unless the function is in a file and not in a module that can be imported.

    Args:
        graph: URI of the `TransformGraph` artifact.
        exec_properties: Execution properties of Transform.
    """
    found = {name: exec_properties.get(name) for name in _PROPERTIES}
    if found[standard_component_specs.PREPROCESSING_FN_KEY]:
        io_utils.write_string_file(f"{graph}/{FILE}", json.dumps(found))


def read(graph: str) -> dict[str, Any] | None:
    """Returns the recipe; None if there is none, as of TFX's own Transform.

    Args:
        graph: URI of the `TransformGraph` artifact.
    """
    if not fileio.exists(f"{graph}/{FILE}"):
        return None
    with fileio.open(f"{graph}/{FILE}", "rb") as file:
        return json.loads(file.read())
