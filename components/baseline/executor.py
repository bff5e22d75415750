"""Finds the model in production and copies it into an artifact."""

import json
import logging
from pathlib import PurePosixPath

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.model_files import CARD, GRAPH


def production_version(serving_dir: str, candidate: str) -> str:
    """The newest version in `serving_dir` that `candidate` did not make; empty when there is none.

    A configuration that is run again must meet the opponent it met the first time, not its own child.

    Args:
        serving_dir: folder of numbered model versions, laid out for TensorFlow Serving.
        candidate: fingerprint of the data, code and configuration of the run.
    """
    if not fileio.isdir(serving_dir):
        return ""
    names = (PurePosixPath(entry).name for entry in fileio.listdir(serving_dir))
    for version in sorted((name for name in names if name.isdecimal()), key=int, reverse=True):
        folder = f"{serving_dir}/{version}"
        if not fileio.exists(f"{folder}/{GRAPH}"):
            continue
        card = (
            json.loads(io_utils.read_bytes_file(f"{folder}/{CARD}"))
            if fileio.exists(f"{folder}/{CARD}")
            else {}
        )
        if card.get("candidate") != candidate:
            return version
    return ""


class Executor(base_executor.BaseExecutor):
    """Copies the production model; the artifact stays empty when there is none."""

    def Do(self, input_dict, output_dict, exec_properties) -> None:
        """See the component."""
        serving_dir = exec_properties["serving_dir"]
        version = production_version(serving_dir, exec_properties["candidate"])
        baseline = artifact_utils.get_single_instance(output_dict["model"])
        baseline.set_string_custom_property("version", version)
        if version:
            io_utils.copy_dir(f"{serving_dir}/{version}", path_utils.serving_model_dir(baseline.uri))
        logging.getLogger("progress").info(f"version {version}" if version else "no other model yet")
