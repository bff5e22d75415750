"""Commands to copy that use the model."""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from reactive_schedules.pages.content import Block, Code, Section, Text

MAX_CHARACTERS = 2000
"""Maximum length of an example in a command; a longer example is left out."""


def usage(name: str, model: str, pushed: bool, row: Mapping[str, Any]) -> Section:
    """Returns the section about using the model.

    Args:
        name: Name of the pipeline.
        model: Folder of the SavedModel.
        pushed: Whether the model is in production.
        row: Example to query a server with, see `plain_row`.
    """
    return Section("Use the model", list(_usage(name, model, pushed, row)))


def _usage(name: str, model: str, pushed: bool, row: Mapping[str, Any]) -> Iterator[Block]:
    if not pushed:
        yield Text("This model is not in production; the commands use the output of the Trainer.")
    yield Code(
        "Predict a file (CSV, Parquet or TFRecord)",
        f"python -m pipeline predict --input rows.csv --output predictions.csv --model {shlex.quote(model)}",
    )
    yield Code(
        "Predict in Python",
        f"import pipeline\n\nmodel = pipeline.load_model({json.dumps(model, ensure_ascii=False)})\n"
        "answer = model.predict(rows)  # a DataFrame, a list of dicts, or one dict",
    )
    # TensorFlow Serving expects a folder of versions.
    mount = f"{Path(model).parent}:/models/{name}" if pushed else f"{model}:/models/{name}/1"
    yield Code(
        "Serve with TensorFlow Serving",
        f"docker run -p 8501:8501 -e MODEL_NAME={name} -v {shlex.quote(mount)} tensorflow/serving",
    )
    body = json.dumps({"signature_name": "rows", "instances": [row]})
    if row and len(body) <= MAX_CHARACTERS:
        yield Code(
            "Query the server with the first example of the test split",
            f"curl localhost:8501/v1/models/{name}:predict -d {shlex.quote(body)}",
        )


def plain_row(features: Mapping[str, Mapping[str, Any]], example: bytes) -> dict[str, Any]:
    """Returns an example in the form of TensorFlow Serving's REST API; empty if values are missing.

    Args:
        features: Fields of `components.features.RawFeature` by name, as in `model.json`.
        example: Serialised `tf.Example`.
    """
    found = tf.train.Example.FromString(example).features.feature
    row = {}
    for name, feature in features.items():
        kind = found[name].WhichOneof("kind")
        values = list(getattr(found[name], kind).value) if kind else []
        size = None if feature["shape"] is None else int(np.prod(feature["shape"]))
        if len(values) != (size or 1) and not feature.get("several"):
            return {}
        if kind == "bytes_list":
            values = [value.decode(errors="replace") for value in values]
        if kind == "float_list":
            values = [
                float(str(np.float32(value))) for value in values
            ]  # no more digits than single precision has
        if feature.get("several"):
            row[feature["rows_input"]] = values
        elif size in (None, 1):
            row[feature["rows_input"]] = values[0]
        else:
            row[feature["rows_input"]] = np.reshape(values, feature["shape"] or ()).tolist()
    return row
