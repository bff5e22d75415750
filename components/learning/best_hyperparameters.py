"""The HyperParameters artifact: one file, in the format of TFX's own Tuner."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

if TYPE_CHECKING:
    import keras_tuner

FILE = "best_hyperparameters.txt"


def write_best(hyperparameters: "keras_tuner.HyperParameters", uri: str) -> None:
    """Writes the chosen values and the search space."""
    io_utils.write_string_file(str(Path(uri, FILE)), json.dumps(hyperparameters.get_config()))


def read_best(artifacts: list[Artifact]) -> dict[str, Any]:
    """Reads the chosen values by name; values that are inactive for the chosen family are absent."""
    uri = artifact_utils.get_single_uri(artifacts)
    file = str(Path(uri, FILE))
    try:
        return json.loads(io_utils.read_string_file(file))["values"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file}: is damaged; delete it, and run the pipeline again") from None
