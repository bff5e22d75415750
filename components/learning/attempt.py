"""Finds the checkpoints of an earlier attempt at the same training or search."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx.types import Artifact

EVERY_STEPS = 5000
"""Steps between checkpoints within an epoch: seconds of training, while saving takes milliseconds."""

ATTEMPTS_DIR = "ATTEMPTS_DIR"
"""Environment variable: folder to use instead of the pipeline root if that does not survive an attempt."""


def checkpoint_dir(
    output_uri: str, input_dict: Mapping[str, Sequence[Artifact]], exec_properties: Mapping[str, Any]
) -> Path:
    """Returns the checkpoint folder of an execution: the same for all attempts, different for other executions.

    Args:
        output_uri: URI of an output artifact, `<pipeline root>/<component>/<key>/<execution>`.
        input_dict: Input artifacts.
        exec_properties: Execution properties, as plain JSON.

    Returns:
        `<pipeline root>/<component>/checkpoints/<fingerprint>`, or the same path below `ATTEMPTS_DIR`.
    """
    inputs = {key: [artifact.uri for artifact in artifacts] for key, artifacts in input_dict.items()}
    identity = json.dumps([inputs, dict(exec_properties)], sort_keys=True)
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = Path(output_uri).parents[1]
    if kept := os.environ.get(ATTEMPTS_DIR):
        folder = Path(kept, folder.name)
    return folder / "checkpoints" / fingerprint


def earlier_history(directory: Path) -> dict[str, list[float]]:
    """Returns the history of the epochs that an earlier attempt finished; empty if there was none."""
    from reactive_schedules.training.checkpoint import Checkpoints  # Keras, which not every component needs

    found = Checkpoints(directory).load()
    return found[1]["progress"]["history"] if found else {}
