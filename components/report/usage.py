"""Commands that use the model, to be copied."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from reactive_schedules.pages.content import Block, Code, Section, Text

MAX_CHARACTERS = 2000
"""A longer example is not put into a command."""


def usage(name: str, model: str, pushed: bool, row: Mapping[str, Any]) -> Section:
    """The section.

    Args:
        name: of the pipeline.
        model: folder of the SavedModel.
        pushed: whether that is in production.
        row: an example to ask a server for, see `plain_row`.
    """
    return Section("Use the model", list(_usage(name, model, pushed, row)))


def _usage(name: str, model: str, pushed: bool, row: Mapping[str, Any]) -> Iterator[Block]:
    if not pushed:
        yield Text("This model is not in production; the commands take it from where the Trainer left it.")
    yield Code(
        "Predict a file (CSV, Parquet or TFRecord)",
        f'python -m pipeline predict --input rows.csv --output predictions.csv --model "{model}"',
    )
    yield Code(
        "Predict in Python",
        f'import pipeline\n\nmodel = pipeline.load_model("{model}")\n'
        "answer = model.predict(rows)  # a DataFrame, a list of dicts, or one dict",
    )
    # The server wants a folder of versions.
    mount = f"{Path(model).parent}:/models/{name}" if pushed else f"{model}:/models/{name}/1"
    yield Code(
        "Serve with TensorFlow Serving",
        f'docker run -p 8501:8501 -e MODEL_NAME={name} -v "{mount}" tensorflow/serving',
    )
    body = json.dumps({"signature_name": "rows", "instances": [row]}).replace("'", "'\\''")
    if row and len(body) <= MAX_CHARACTERS:
        yield Code(
            "Ask the server for the first example of the test split",
            f"curl localhost:8501/v1/models/{name}:predict -d '{body}'",
        )


def plain_row(features: Mapping[str, Mapping[str, Any]], example: bytes) -> dict[str, Any]:
    """An example as TensorFlow Serving's REST API takes it; empty if it has gaps, which JSON has no word for.

    Args:
        features: `components.features.RawFeature`s as in `model.json`.
        example: a serialised `tf.Example`.
    """
    found = tf.train.Example.FromString(example).features.feature
    row = {}
    for name, feature in features.items():
        kind = found[name].WhichOneof("kind")
        values = list(getattr(found[name], kind).value) if kind else []
        size = None if feature["shape"] is None else int(np.prod(feature["shape"]))
        if len(values) != (size or 1):
            return {}
        if kind == "bytes_list":
            values = [value.decode(errors="replace") for value in values]
        if kind == "float_list":
            values = [float(str(np.float32(value))) for value in values]  # as short as single precision is
        whole = values[0] if size in (None, 1) else np.reshape(values, feature["shape"] or ()).tolist()
        row[feature["rows_input"]] = whole
    return row
