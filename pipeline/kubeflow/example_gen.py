"""Does the work of TFX's ExampleGen driver, because KFP does not run TFX's drivers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.components.example_gen.driver import update_output_artifact
from tfx.types import artifact_utils

from components import code
from components.artifacts import Artifacts
from components.example_gen.driver import Driver
from pipeline.config.uris import scheme, to_local
from pipeline.kubeflow.parameters import DATA_PATH


def drive(properties: Mapping[str, Any], outputs: Artifacts, folder: Path) -> dict[str, Any]:
    """Finds the data, and records its span and fingerprint.

    Args:
        properties: Execution properties, including the parameter `data_path`.
        outputs: Outputs of the component; the examples get their span and fingerprint.
        folder: Folder for data that a function writes; must not exist yet.

    Returns:
        The properties that the executor needs.

    Raises:
        FileNotFoundError: The data does not exist.
    """
    path = _find(properties[DATA_PATH], folder)
    result = {name: value for name, value in properties.items() if name != DATA_PATH}
    if path.is_file():
        splits = json.loads(result["input_config"])
        for split in splits["splits"]:
            split["pattern"] = path.name
        result["input_config"] = json.dumps(splits)
        path = path.parent
    result["input_base"] = str(path)
    result = Driver(None).resolve_exec_properties(result, None, None)
    examples = artifact_utils.get_single_instance(outputs["examples"])
    update_output_artifact(result, examples.mlmd_artifact)
    return result


def _find(where: str, folder: Path) -> Path:
    if scheme(where) is None and not where.startswith("/"):
        folder.mkdir()
        code.load(where)(folder)
        return folder
    path = Path(to_local(where))
    if not path.exists():
        remedy = "upload the files there" if scheme(where) else "mount the volume that holds it"
        raise FileNotFoundError(f"{DATA_PATH}: {where} does not exist; {remedy}")
    return path
