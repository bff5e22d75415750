"""Checks before training that the user's code returns what serving and evaluation expect."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.features import LABEL, WEIGHT, LabelFeature
from components.learning.columns import Columns

COLUMNS = Columns()

TOLERANCE = 0.01
"""Tolerance for the sum of an example's probabilities, wide enough for models that compute in 16 bits."""


def check_features(
    features: Mapping[str, Any],
    weight: str | None = None,
    columns: Columns = COLUMNS,
    where: str = "model.preprocessing",
) -> None:
    """Checks the features that `preprocessing_fn` returned, or those of a schema.

    Args:
        features: Feature specs of TensorFlow, by name.
        weight: Raw column with the weight of each example, if there is one.
        columns: Label and weight.
        where: What describes the features, for messages.

    Raises:
        ValueError: The label or the weight is missing, there are no other features, or one is sparse, ragged or text.
    """
    label, weights = columns.label, columns.weight
    if label not in features:
        raise ValueError(
            f"{where}: returns {', '.join(sorted(features)) or 'nothing'}, but not {label!r}; return the "
            "label under this name, as the index of its class or as a number"
        )
    if taken := ({LABEL, WEIGHT} - {label, weights}) & set(features):
        raise ValueError(
            f"{where}: returns {' and '.join(map(repr, sorted(taken)))} beside the label {label!r}; give the feature "
            "another name, this one is reserved"
        )
    for name, feature in features.items():
        if not isinstance(feature, tf.io.FixedLenFeature):
            ragged = isinstance(feature, tf.io.RaggedFeature)
            kind, remedy = ("ragged", "its to_tensor()") if ragged else ("sparse", "tf.sparse.to_dense")
            raise ValueError(
                f"{where}: {name!r} is {kind}; make it dense, for example with {remedy}, and give it a "
                "fixed shape"
            )
        if feature.dtype == tf.string:
            raise ValueError(
                f"{where}: {name!r} is text; make it numbers, for example with "
                "tft.compute_and_apply_vocabulary, or do not return it"
            )
    if weight and tuple(columns.spec(features)[WEIGHT].shape if weights in features else ()) != (1,):
        raise ValueError(
            f"{where}: must return the weight, data.weight: {weight}, under the name {WEIGHT!r}, as one "
            "float32 per row, of shape (batch, 1)"
        )
    if weights in features and not weight:
        raise ValueError(
            f"{where}: returns {WEIGHT!r}, which is reserved for the weight of an example; give the "
            "feature another name, or set data.weight to the column with the weights"
        )
    if not set(features) - {label, weights}:
        raise ValueError(
            f"{where}: returns only {' and '.join(map(repr, sorted(features)))}; return the features to "
            "predict the label from"
        )


def check_label(spec: Any, label: LabelFeature) -> None:
    """Checks the label that `preprocessing_fn` returned, where several apply to a row.

    Raises:
        ValueError: It does not have a value for each of them.
    """
    if label.is_multilabel and tuple(spec.shape) != (len(label.classes),):
        raise ValueError(
            f"model.preprocessing: returns {LABEL!r} of shape {_shape((None, *spec.shape))}; for the several labels of "
            f"{label.name!r}, return float32 zeros and ones of shape (batch, {len(label.classes)})"
        )


def check_is_model(model: Any, build_model: str) -> None:
    """Checks that `build_model`, a dotted path, has returned a model.

    Raises:
        ValueError: It has returned something else.
    """
    if type(model).__module__.startswith("tf_keras"):
        raise ValueError(
            f"model.build: {build_model} returned a model of Keras 2, which tf.keras is in TFX; build it with "
            "`import keras`, and keras instead of tf.keras"
        )
    if not isinstance(model, keras.Model):
        raise ValueError(f"model.build: {build_model} returned {_name(model)}; return a keras.Model")


def has_single_output(model: keras.Model, examples: Any, label: LabelFeature) -> bool:
    """Whether a model has one output for two classes, the probability of the second one.

    Args:
        model: Return value of `build_model`.
        examples: Batch of inputs.
        label: Label of the data set.
    """
    if len(label.classes) != 2 or label.is_multilabel:
        return False
    return _is_single(getattr(model(examples, training=False), "shape", None), label)


def _is_single(shape: Any, label: LabelFeature) -> bool:
    binary = len(label.classes) == 2 and not label.is_multilabel
    return binary and shape is not None and tuple(shape[1:]) == (1,)


def check_model(
    model: keras.Model, examples: Any, label: LabelFeature, build_model: str, from_logits: bool = False
) -> None:
    """Checks the output of a model on a few examples.

    Args:
        model: Return value of `build_model`.
        examples: Batch of inputs.
        label: Label of the data set.
        build_model: Dotted path, for messages.
        from_logits: Whether the loss takes logits.

    Raises:
        ValueError: The output has the wrong shape, or, for classes, is not what the loss takes: probabilities, or
            logits.
    """
    where = f"model.build: {build_model} "
    outputs = model(examples, training=False)
    shape = getattr(outputs, "shape", None)
    is_single = _is_single(shape, label)
    units = 1 if is_single else len(label.classes) or 1
    kind = "logits" if from_logits else "probabilities"
    expected = f"{units} {kind}" if label.classes else "one number"
    if shape is None or len(shape) != 2 or shape[1] != units:
        got = f"a {type(outputs).__name__}" if shape is None else f"of shape {_shape(shape)}"
        raise ValueError(
            f"{where}returned a model whose output is {got}; for {label.task} of {label.name!r} it must have shape "
            f"(batch, {units}): {expected} per example"
        )
    values = np.asarray(keras.ops.convert_to_numpy(outputs), np.float64)
    values = values[np.isfinite(values).all(axis=1)]  # the training reports NaN and infinity
    if not label.classes or not len(values):
        return
    are_probabilities = np.all(values >= 0) and np.all(np.abs(values.sum(axis=1) - 1) <= TOLERANCE)
    sums_to_one = are_probabilities and np.allclose(values.sum(axis=1), 1, atol=1e-5)
    # Two sigmoids of zeros, which are all alike, sum to 1, too.
    if label.is_multilabel and sums_to_one and np.ptp(values) > 0:
        raise ValueError(
            f"{where}returned a model whose probabilities sum to 1, but any number of the {units} labels may apply to "
            "a row; end it with a sigmoid instead of a softmax"
        )
    activation = "sigmoid" if is_single else label.activation
    if label.is_multilabel or is_single:
        are_probabilities = np.all(
            (values > 0) & (values < 1) if from_logits else (values >= 0) & (values <= 1)
        )
    if from_logits and are_probabilities:
        raise ValueError(
            f"{where}returned a model whose output is probabilities already, but the loss takes logits; remove "
            f"from_logits, or the {activation} at the end of the model"
        )
    if not from_logits and not are_probabilities:
        example = ", ".join(f"{value:.3g}" for value in values[_worst(values)][:5])
        raise ValueError(
            f"{where}returned a model whose output is not probabilities, such as {example}; end it with a "
            f"{activation} over the {units} classes, or set training.from_logits if these are logits"
        )


def check_counts(model: keras.Model, examples: Any, build_model: str) -> None:
    """Checks on a few examples that a model for a Poisson loss, which takes its logarithm, predicts no less than 0.

    Raises:
        ValueError: It does.
    """
    least = float(keras.ops.min(model(examples, training=False)))
    if least < 0:
        raise ValueError(
            f"model.build: {build_model} returned a model that predicts {least:.3g}, but training.loss: poisson takes "
            "the logarithm of predictions; end the model with a softplus, which is model.hyperparameters: {output: "
            "softplus} of the default model"
        )


def _worst(values: np.ndarray) -> int:
    """Returns the index of the example that is furthest from probabilities."""
    return int(np.argmax(np.abs(values.sum(axis=1) - 1) + np.abs(np.minimum(values, 0)).sum(axis=1)))


def _shape(shape: Any) -> str:
    return f"({', '.join(['batch', *map(str, shape[1:])])})" if len(shape) else "()"


def _name(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
