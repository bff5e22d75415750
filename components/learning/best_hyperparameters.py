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
    text = io_utils.read_string_file(io_utils.get_only_uri_in_dir(uri))
    return json.loads(text)["values"]
