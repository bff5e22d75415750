"""Pushes a blessed model unless it is in production or was withdrawn."""

import json
import logging
import time
from pathlib import Path
from typing import Any

from tfx.components.pusher import executor as tfx_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.artifacts import Artifacts
from components.evaluator import metrics
from components.model_store import changes, model_files, serving
from components.pusher import lineage
from reactive_schedules import plain_json

progress = logging.getLogger("progress")


class Executor(tfx_executor.Executor):
    """TFX's executor, with atomic pushes to a serving folder."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Pushes the model if it is blessed, and marks the output as TFX's executor does."""
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            progress.info("not blessed, not pushed")
            return
        source = self.GetModelPath(input_dict)
        card = _json(f"{source}/{model_files.CARD}")

        def fill(folder: Path | str, version: int) -> None:
            io_utils.copy_dir(source, str(folder))
            for name, content in self._beside(input_dict, card, version).items():
                io_utils.write_string_file(f"{folder}/{name}", plain_json.dumps(content, indent=2))

        if not exec_properties["serving_dir"]:
            version = int(time.time())
            fill(pushed.uri, version)
            self._MarkPushed(pushed, pushed.uri, str(version))
            return
        folder = Path(exec_properties["serving_dir"])
        if (version := _made_by(folder, serving.withdrawn(folder), card)) is not None:
            reason = f"the same model was withdrawn as version {version}"
            self._MarkNotPushed(pushed)
            pushed.set_string_custom_property("reason", reason)
            progress.info(f"not pushed: {reason}")
            return
        # Such as a new threshold: the Pusher runs again, but the model is the same and needs no new version.
        version = _made_by(folder, serving.versions(folder)[-1:], card)
        remark = "is already in production"
        if version is None:
            version = changes.add(folder, fill)
            remark = "is in production"
            if removed := changes.keep_newest(folder, exec_properties["keep"]):
                remark += f"; removed {', '.join(map(str, removed))}"
        destination = folder / str(version)
        io_utils.copy_dir(str(destination), pushed.uri)
        self._MarkPushed(pushed, str(destination), str(version))
        progress.info(f"version {version} {remark}")

    def _beside(self, input_dict: Artifacts, card: dict[str, Any], version: int) -> dict[str, Any]:
        """Returns the files to add to the model: path to content."""
        inputs = {"model": "model", "blessing": "model_blessing", "evaluation": "evaluation"}
        artifacts = {
            name: artifact_utils.get_single_instance(input_dict[key])
            for name, key in inputs.items()
            if input_dict.get(key)
        }
        context = self._context
        described = lineage.describe(
            card,
            artifacts,
            version,
            pipeline=context.pipeline_info.id if context and context.pipeline_info else None,
            run=context.pipeline_run_id if context else None,
        )
        files = {model_files.LINEAGE: described}
        if "evaluation" in artifacts:
            files[model_files.EVALUATION] = _json(f"{artifacts['evaluation'].uri}/{metrics.FILE}")
        return files


def _made_by(folder: Path, versions: list[int], card: dict[str, Any]) -> int | None:
    """Returns the newest of the versions that the model's own candidate made; None if there is none."""
    candidate = card.get("candidate")
    for version in reversed(versions) if candidate else ():
        model = serving.locate(folder, version)
        if model and serving.candidate_of(model) == candidate:
            return version
    return None


def _json(path: str) -> dict[str, Any]:
    return json.loads(io_utils.read_string_file(path)) if fileio.exists(path) else {}
