"""Finds the model in production and copies it into an artifact."""

import json
import logging
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifacts import Artifacts
from components.model_store import serving
from components.model_store.model_files import CARD


def production_version(serving_dir: str, candidate: str) -> str:
    """Returns the newest version in `serving_dir` that `candidate` did not make; empty if there is none.

    A configuration that is run again must be compared with the same model as before, not with its own result.

    Args:
        serving_dir: Folder of versions, see `components.model_store.serving`; empty if there is none.
        candidate: Fingerprint of the run's data, code and configuration.
    """
    if not serving_dir:
        return ""
    folder = Path(serving_dir)
    for version in reversed(serving.versions(folder)):
        card = folder / str(version) / CARD
        if not card.exists() or json.loads(card.read_text()).get("candidate") != candidate:
            return str(version)
    return ""


class Executor(base_executor.BaseExecutor):
    """Copies the model in production; the artifact stays empty if there is none."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Copies the model, and sets the custom property `version`.

        Raises:
            UserError: The model is damaged.
        """
        serving_dir = exec_properties["serving_dir"]
        version = production_version(serving_dir, exec_properties["candidate"])
        baseline = artifact_utils.get_single_instance(output_dict["model"])
        baseline.set_string_custom_property("version", version)
        if version:
            model = Path(serving_dir, version)
            serving.check(model, whole=True)
            io_utils.copy_dir(str(model), path_utils.serving_model_dir(baseline.uri))
        logging.getLogger("progress").info(f"version {version}" if version else "no other model yet")
