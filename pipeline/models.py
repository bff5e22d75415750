"""The models shipped by default. Each takes `(hyperparameters, schema)` and returns an uncompiled Keras model."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from components.features import ModelSchema


def build_model(hyperparameters: Mapping[str, Any], schema: ModelSchema) -> keras.Model:
    """Dense layers over all inputs; images pass through a small convolutional network first.

    Args:
        hyperparameters: `width` (units of each dense layer, default 64), `depth` (dense layers, default 2),
            `filters` (of the first convolution, doubled after pooling, default 16), `dropout` (default 0.2).
        schema: the inputs and the label.

    Returns:
        A functional model from a dict of inputs to class probabilities of shape (batch, classes), or to a
        value of shape (batch, 1) for regression.
    """
    width, depth = hyperparameters.get("width", 64), hyperparameters.get("depth", 2)
    dropout = hyperparameters.get("dropout", 0.2)
    inputs, parts = {}, []
    for name, spec in schema.inputs.items():
        # Keras allows no "/" in a name, but a column may have one.
        inputs[name] = tensor = keras.Input(spec.shape, name=name.replace("/", "_"), dtype=spec.dtype)
        if spec.vocabulary_size is not None:
            dimension = min(16, 1 + round(spec.vocabulary_size**0.5))
            tensor = layers.Embedding(spec.vocabulary_size, dimension)(tensor)
        elif len(spec.shape) == 3:
            tensor = _convolutions(tensor, hyperparameters.get("filters", 16))
        parts.append(layers.Flatten()(tensor))
    hidden = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    for _ in range(depth):
        hidden = layers.Dropout(dropout)(layers.Dense(width, "relu")(hidden))
    if schema.label.task == "classification":
        outputs = layers.Dense(len(schema.label.classes), "softmax", dtype="float32")(hidden)
    else:
        outputs = layers.Dense(1, dtype="float32")(hidden)
    return keras.Model(inputs, outputs)


def _convolutions(tensor, filters: int):
    tensor = layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
    tensor = layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
    tensor = layers.MaxPooling2D()(tensor)
    return layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(tensor)
