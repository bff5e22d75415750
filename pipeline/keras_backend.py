"""The backend that Keras will take, found out without importing Keras."""

import contextlib
import json
import os
from pathlib import Path

VARIABLE = "KERAS_BACKEND"


def chosen() -> str:
    """The backend by the environment, else by the configuration file of Keras, else TensorFlow."""
    if backend := os.environ.get(VARIABLE):
        return backend
    folder = os.environ.get("KERAS_HOME")
    file = Path(folder) if folder else Path("~/.keras").expanduser()
    # As in Keras: a file that cannot be read counts for nothing.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = json.loads((file / "keras.json").read_text(encoding="utf-8")).get("backend")
        if isinstance(found, str):
            return found
    return "tensorflow"
