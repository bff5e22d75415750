"""Makes sure, before a training, that what the user's code returned is what serving and evaluation rely on."""

from typing import Any

import keras
import numpy as np

from components.features import LABEL, LabelFeature

TOLERANCE = 0.01
"""How far the probabilities of an example may be from a sum of 1, for models that compute in 16 bits."""


def check_features(names: list[str]) -> None:
    """Looks at what the preprocessing returned.

    Raises:
        ValueError: there is no label, or nothing but the label.
    """
    if LABEL not in names:
        raise ValueError(
            f"model.preprocessing: returns {', '.join(sorted(names)) or 'nothing'}, but no {LABEL!r}; return the label "
            "under this name: the index of its class, or the number itself"
        )
    if len(names) == 1:
        raise ValueError(
            f"model.preprocessing: returns {LABEL!r} only; return the features to predict it from"
        )


def check_model(model: Any, examples: Any, label: LabelFeature, build_model: str) -> None:
    """Asks a model about a few examples.

    Args:
        model: what `build_model` returned.
        examples: a batch of inputs.
        label: of the data set.
        build_model: dotted path, for messages.

    Raises:
        ValueError: it is not a Keras model, or answers with another shape, or for classes not with probabilities.
    """
    where = f"model.build: {build_model} "
    if not isinstance(model, keras.Model):
        raise ValueError(f"{where}returned {_name(model)}; return a keras.Model")
    outputs = model(examples, training=False)
    units = len(label.classes) or 1
    expected = f"{units} probabilities" if label.classes else "one number"
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != units:
        got = f"a {type(outputs).__name__}" if shape is None else _shape(shape)
        raise ValueError(
            f"{where}makes a model that answers with {got}; for the {label.task} of {label.name!r} it must be "
            f"(batch, {units}): {expected} per example"
        )
    values = np.asarray(keras.ops.convert_to_numpy(outputs), np.float64)
    values = values[np.isfinite(values).all(axis=1)]  # what is not finite is for the training to report
    if label.classes and (np.any(values < 0) or np.any(np.abs(values.sum(axis=1) - 1) > TOLERANCE)):
        example = ", ".join(f"{value:.3g}" for value in values[_worst(values)][:5])
        raise ValueError(
            f"{where}makes a model that answers with other numbers than probabilities, such as {example}; end it "
            f"with a softmax over the {units} classes"
        )


def _worst(values: np.ndarray) -> int:
    """The example that is furthest from probabilities."""
    return int(np.argmax(np.abs(values.sum(axis=1) - 1) + np.abs(np.minimum(values, 0)).sum(axis=1)))


def _shape(shape: Any) -> str:
    return f"({', '.join(['batch', *map(str, shape[1:])])})" if len(shape) else "one number for the batch"


def _name(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
