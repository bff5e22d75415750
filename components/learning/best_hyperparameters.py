"""The HyperParameters artifact: one file, in the format of TFX's own Tuner."""

import json
from pathlib import Path
from typing import Any

from tfx.types import artifact_utils
from tfx.utils import io_utils

FILE = "best_hyperparameters.txt"


def write_best(hyperparameters, uri: str) -> None:
    """Writes a `keras_tuner.HyperParameters`."""
    io_utils.write_string_file(str(Path(uri, FILE)), json.dumps(hyperparameters.get_config()))


def read_best(artifacts) -> dict[str, Any]:
    """Values by name, of the only file in the only artifact; those inactive for the chosen family are absent."""
    uri = artifact_utils.get_single_uri(artifacts)
    text = io_utils.read_string_file(io_utils.get_only_uri_in_dir(uri))
    return json.loads(text)["values"]
