"""Does the work of TFX's ExampleGen driver, because KFP does not run TFX's drivers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.components.example_gen.driver import update_output_artifact
from tfx.components.example_gen.utils import SPAN_PROPERTY_NAME, VERSION_PROPERTY_NAME
from tfx.types import artifact_utils

from components import code
from components.artifacts import Artifacts
from components.errors import DataError
from components.example_gen.driver import Driver
from components.example_gen.settings import Settings
from components.formats.split_names import by_split
from pipeline.config.uris import scheme, to_local
from pipeline.data import spans
from pipeline.data.spans import Span
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
        DataError: It is not laid out in the splits that the package was compiled for.
    """
    path, span = _find(properties[DATA_PATH], folder)
    result = {name: value for name, value in properties.items() if name != DATA_PATH}
    config = json.loads(result["input_config"])
    if path.is_file():
        if len(config["splits"]) > 1:
            raise DataError(f"{DATA_PATH}: {path} is a file; give the folder with the files of all splits")
        config["splits"][0]["pattern"] = path.name
        result["input_config"] = json.dumps(config)
        path = path.parent
    elif len(config["splits"]) == 1 and not Settings.of(properties).split:
        _check_pooled(path, config["splits"][0]["pattern"])
    result["input_base"] = str(path)
    result = Driver(None).resolve_exec_properties(result, None, None)
    # Not those of the time when the package was compiled.
    result[SPAN_PROPERTY_NAME] = span.number if span else 0
    result[VERSION_PROPERTY_NAME] = span.version if span else None
    examples = artifact_utils.get_single_instance(outputs["examples"])
    update_output_artifact(result, examples.mlmd_artifact)
    return result


def _find(where: str, folder: Path) -> tuple[Path, Span | None]:
    """The data, and the span that it is, if it comes in spans."""
    if scheme(where) is None and not where.startswith("/"):
        folder.mkdir()
        code.load(where)(folder)
        return folder, None
    path = Path(to_local(where))
    if scheme(where) is None and (span := spans.latest(path)):
        return span.path, span
    if not path.exists():
        remedy = "upload the files there" if scheme(where) else "mount the volume that holds it"
        raise FileNotFoundError(f"{DATA_PATH}: {where} does not exist; {remedy}")
    return path, None


def _check_pooled(folder: Path, pattern: str) -> None:
    """Checks that files that are not known until now are not splits of the user's own.

    Raises:
        DataError: Their names say train, eval or test.
    """
    if found := by_split(sorted(file.name for file in folder.glob(pattern))):
        raise DataError(
            f"{DATA_PATH}: {folder} has files for {' and '.join(found)}; compile the package with data.split.files, "
            "or with data.split: {hash: true} to pool them"
        )
