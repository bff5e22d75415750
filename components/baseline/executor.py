"""Finds the model in production and copies it into an artifact."""

import logging
import os
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifacts import Artifacts
from components.model_store import serving


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

    def find() -> str:
        newest_first = reversed(serving.versions(folder))
        others = (each for each in newest_first if serving.candidate_of(folder / str(each)) != candidate)
        return next(map(str, others), "")

    return serving.steadily(folder, find)


def copy_production(serving_dir: str, candidate: str, target: str) -> str:
    """Copies the model of `production_version` to a folder or object store, and returns the version.

    Args:
        serving_dir: As for `production_version`.
        candidate: As for `production_version`.
        target: URI that the copy is written to; nothing is written if there is no such model.

    Raises:
        UserError: The model is damaged.
    """

    def copy() -> str:
        if version := production_version(serving_dir, candidate):
            model = Path(serving_dir, version)
            serving.check(model, whole=True)
            _copy(model, target)
        return version

    return serving.steadily(Path(serving_dir), copy)


class Executor(base_executor.BaseExecutor):
    """Copies the model in production; the artifact stays empty if there is none."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Copies the model, and sets the custom property `version`.

        Raises:
            UserError: The model is damaged.
        """
        baseline = artifact_utils.get_single_instance(output_dict["model"])
        target = path_utils.serving_model_dir(baseline.uri)
        version = copy_production(exec_properties["serving_dir"], exec_properties["candidate"], target)
        baseline.set_string_custom_property("version", version)
        logging.getLogger("progress").info(f"version {version}" if version else "no other model yet")


def _copy(source: Path, target: str) -> None:
    """Copies a version; unlike TFX's own copy, raises an error if a folder disappears meanwhile."""

    def fail(error: OSError) -> None:
        raise error

    if fileio.exists(target):  # what was copied of a version that moved
        fileio.rmtree(target)
    for folder, _, names in os.walk(source, onerror=fail):
        for name in names:
            file = Path(folder, name)
            io_utils.copy_file(str(file), f"{target}/{file.relative_to(source)}")
