"""Checks before training that the user's code returns what serving and evaluation expect."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.features import LABEL, LabelFeature

TOLERANCE = 0.01
"""Tolerance for the sum of an example's probabilities, wide enough for models that compute in 16 bits."""


def check_features(features: Mapping[str, Any]) -> None:
    """Checks the features that `preprocessing_fn` returned.

    Args:
        features: Feature specs of TensorFlow, by name.

    Raises:
        ValueError: The label is missing, there are no other features, or one is sparse or ragged.
    """
    if LABEL not in features:
        raise ValueError(
            f"model.preprocessing: returns {', '.join(sorted(features)) or 'nothing'}, but not {LABEL!r}; return the "
            "label under this name, as the index of its class or as a number"
        )
    for name, feature in features.items():
        if not isinstance(feature, tf.io.FixedLenFeature):
            ragged = isinstance(feature, tf.io.RaggedFeature)
            kind, remedy = ("ragged", "its to_tensor()") if ragged else ("sparse", "tf.sparse.to_dense")
            raise ValueError(
                f"model.preprocessing: {name!r} is {kind}; make it dense, for example with {remedy}, and give it a "
                "fixed shape"
            )
    if len(features) == 1:
        raise ValueError(
            f"model.preprocessing: returns only {LABEL!r}; return the features to predict it from"
        )


def check_model(model: Any, examples: Any, label: LabelFeature, build_model: str) -> None:
    """Checks the output of a model on a few examples.

    Args:
        model: Return value of `build_model`.
        examples: Batch of inputs.
        label: Label of the data set.
        build_model: Dotted path, for messages.

    Raises:
        ValueError: The model is not a Keras model, its output has the wrong shape, or its output for classes is not
            probabilities.
    """
    where = f"model.build: {build_model} "
    if not isinstance(model, keras.Model):
        raise ValueError(f"{where}returned {_name(model)}; return a keras.Model")
    outputs = model(examples, training=False)
    units = len(label.classes) or 1
    expected = f"{units} probabilities" if label.classes else "one number"
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != units:
        got = f"a {type(outputs).__name__}" if shape is None else f"of shape {_shape(shape)}"
        raise ValueError(
            f"{where}returned a model whose output is {got}; for {label.task} of {label.name!r} it must have shape "
            f"(batch, {units}): {expected} per example"
        )
    values = np.asarray(keras.ops.convert_to_numpy(outputs), np.float64)
    values = values[np.isfinite(values).all(axis=1)]  # the training reports NaN and infinity
    if label.classes and (np.any(values < 0) or np.any(np.abs(values.sum(axis=1) - 1) > TOLERANCE)):
        example = ", ".join(f"{value:.3g}" for value in values[_worst(values)][:5])
        raise ValueError(
            f"{where}returned a model whose output is not probabilities, such as {example}; end it with a softmax "
            f"over the {units} classes"
        )


def _worst(values: np.ndarray) -> int:
    """Returns the index of the example that is furthest from probabilities."""
    return int(np.argmax(np.abs(values.sum(axis=1) - 1) + np.abs(np.minimum(values, 0)).sum(axis=1)))


def _shape(shape: Any) -> str:
    return f"({', '.join(['batch', *map(str, shape[1:])])})" if len(shape) else "()"


def _name(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
