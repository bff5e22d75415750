"""What TFX's driver of ExampleGen does before its executor; KFP runs no drivers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.components.example_gen import driver
from tfx.types import artifact_utils

from components import code
from components.artifacts import Artifacts
from components.formats import registry
from pipeline.config.uris import scheme, to_local
from pipeline.kubeflow.parameters import DATA_PATH


def drive(properties: Mapping[str, Any], outputs: Artifacts, folder: Path) -> dict[str, Any]:
    """Finds the data, and notes span and fingerprint.

    Args:
        properties: execution properties, with the parameter that says where the data is.
        outputs: of the component; the examples get their span and fingerprint.
        folder: does not exist yet; data that a function makes goes there.

    Returns:
        The properties that the executor needs.

    Raises:
        FileNotFoundError: there is no data.
        ValueError: the data is of another format than what the pipeline was compiled for.
    """
    path = _find(properties[DATA_PATH], folder)
    result = {name: value for name, value in properties.items() if name != DATA_PATH}
    if path.is_file():
        splits = json.loads(result["input_config"])
        for split in splits["splits"]:
            _check_format(path, split["pattern"])
            split["pattern"] = path.name
        result["input_config"] = json.dumps(splits)
        path = path.parent
    result["input_base"] = str(path)
    result = driver.FileBasedDriver(None).resolve_exec_properties(result, None, None)
    examples = artifact_utils.get_single_instance(outputs["examples"])
    driver.update_output_artifact(result, examples.mlmd_artifact)
    return result


def _check_format(file: Path, pattern: str) -> None:
    """The component reads one format: it was chosen when the pipeline was compiled."""
    if registry.find(file.name, registry.trainable()) != registry.find(pattern, registry.trainable()):
        raise ValueError(f"{DATA_PATH}: {file} is not a {pattern} file; compile the pipeline for its format")


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
