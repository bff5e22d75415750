"""Finds the checkpoints that an earlier attempt at the same training, or search, left behind."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx.types import Artifact

from reactive_schedules.training.checkpoint import Checkpoints

EVERY_STEPS = 5000
"""Steps after which to save inside an epoch: seconds of training, where saving costs milliseconds."""

ATTEMPTS_DIR = "ATTEMPTS_DIR"
"""Environment variable: a folder to use instead of the pipeline root, where that does not outlive an attempt."""


def checkpoint_dir(
    output_uri: str, input_dict: Mapping[str, Sequence[Artifact]], exec_properties: Mapping[str, Any]
) -> Path:
    """The folder of this execution's checkpoints: the same for every attempt at it, for no other execution.

    Args:
        output_uri: of an output artifact, `<pipeline root>/<component>/<key>/<execution>`.
        input_dict: what is trained on.
        exec_properties: how; all of them are plain JSON.

    Returns:
        `<pipeline root>/<component>/checkpoints/<fingerprint>`, or the same below `ATTEMPTS_DIR`.
    """
    inputs = {key: [artifact.uri for artifact in artifacts] for key, artifacts in input_dict.items()}
    identity = json.dumps([inputs, dict(exec_properties)], sort_keys=True)
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = Path(output_uri).parents[1]
    if kept := os.environ.get(ATTEMPTS_DIR):
        folder = Path(kept, folder.name)
    return folder / "checkpoints" / fingerprint


def earlier_history(directory: Path) -> dict[str, list[float]]:
    """The history of the epochs that an earlier attempt finished; empty if there was none."""
    found = Checkpoints(directory).load()
    return found[1]["progress"]["history"] if found else {}
