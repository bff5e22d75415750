"""The default models. Each takes `(hyperparameters, schema)` and returns an uncompiled Keras model."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import initializers, layers, ops

from components.features import NUMERIC, Input, ModelSchema, layer_name
from pipeline import images

MOST_ONE_HOT = 11
"""Values of a category up to which each gets a column: nine levels, all others, and gaps."""

MOST_EMBEDDED = 1000
"""Numbers up to which each is embedded; of more, the cosines would take much memory."""

_EMBEDDING = 8  # numbers for a value of a category with more of them
_WAVES = 16  # cosines of a number


def build_model(hyperparameters: Mapping[str, Any], schema: ModelSchema) -> keras.Model:
    """Dense layers over all inputs; numbers and categories are embedded, images pass through convolutions first.

    Args:
        hyperparameters: Values of `width` (units per dense layer, default 64), `depth` (dense layers, default 2),
            `activation` (of the dense layers, default relu), `images` (network for images: residual, or plain, three
            convolutions; default residual), `filters` (of its first stage, doubled later, default 16), `augment` (how
            images are changed in training: none, shift, or flip, which also mirrors half of them; default shift),
            `dropout` (default 0.2), `output` (activation of the output of a regression, such as softplus for counts;
            default none).
        schema: Inputs and label.

    Returns:
        A functional model from a dict of inputs to class probabilities of shape (batch, classes), or to values
        of shape (batch, 1) for regression.

    Raises:
        ValueError: `images` or `augment` is none of these.
    """
    width, depth = hyperparameters.get("width", 64), hyperparameters.get("depth", 2)
    dropout, activation = hyperparameters.get("dropout", 0.2), hyperparameters.get("activation", "relu")
    filters = hyperparameters.get("filters", 16)
    network = _choice("images", hyperparameters.get("images", "residual"), images.NETWORKS)
    augment = _choice("augment", hyperparameters.get("augment", "shift"), images.AUGMENTATIONS)
    inputs, parts = {}, []
    for name, spec in schema.inputs.items():
        inputs[name] = tensor = keras.Input(spec.shape, name=layer_name(name, inputs), dtype=spec.dtype)
        if len(spec.shape) == 3:
            tensor = images.features(tensor, network, filters, augment)
        parts.append(layers.Flatten()(_embedded(name, tensor, spec)))
    hidden = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    for _ in range(depth):
        hidden = layers.Dropout(dropout)(layers.Dense(width, activation)(hidden))
    if schema.label.classes:
        outputs = layers.Dense(len(schema.label.classes), schema.label.activation, dtype="float32")(hidden)
    else:
        outputs = layers.Dense(1, hyperparameters.get("output"), dtype="float32")(hidden)
    return keras.Model(inputs, outputs)


def _choice(name: str, value: str, choices: Sequence[str]) -> str:
    if value not in choices:
        allowed = ", ".join(choices[:-1]) + f" or {choices[-1]}"
        raise ValueError(f"model.hyperparameters.{name}: must be {allowed}; got {value!r}")
    return value


def _embedded(name: str, tensor: keras.KerasTensor, spec: Input) -> keras.KerasTensor:
    if spec.vocabulary_size is None:
        is_table = name == NUMERIC and len(spec.shape) == 1 and spec.shape[0] <= MOST_EMBEDDED
        return _periodic(tensor, spec.shape[0]) if is_table else tensor
    if spec.vocabulary_size <= MOST_ONE_HOT:
        return ops.one_hot(tensor, spec.vocabulary_size)
    # As large as zeros and ones: Keras' own start, within 0.05, is small beside the other inputs.
    start = initializers.RandomNormal(0.0, 1.0)
    return layers.Embedding(spec.vocabulary_size, _EMBEDDING, embeddings_initializer=start)(tensor)


def _periodic(numbers: keras.KerasTensor, columns: int) -> keras.KerasTensor:
    """Each number x, and linear combinations of cos(wx + b), whose w and b are learned.

    The answer can then bend anywhere along a number, where a dense layer needs many units. Source: Gorishniy et al.
    2022 (arXiv 2203.05556), in the form of RealMLP, Holzmüller et al. 2024 (arXiv 2407.04491).

    Returns:
        A tensor of shape (batch, 4 · columns).
    """
    bound = _WAVES**-0.5
    waves = layers.EinsumDense(
        "bc,cw->bcw",
        (columns, _WAVES),
        bias_axes="cw",
        kernel_initializer=initializers.RandomNormal(0.0, 0.2 * math.pi),
        bias_initializer=initializers.RandomUniform(-math.pi, math.pi),
    )(numbers)
    combined = layers.EinsumDense(
        "bcw,cwu->bcu",
        (columns, 3),
        bias_axes="cu",
        kernel_initializer=initializers.RandomUniform(-bound, bound),
        bias_initializer=initializers.RandomUniform(-bound, bound),
    )(ops.cos(waves))
    return layers.Concatenate()([numbers, layers.Flatten()(combined)])


def vgg(hyperparameters: Mapping[str, Any], schema: ModelSchema) -> keras.Model:
    """VGG16 with batch normalisation, for one small image such as CIFAR's 32 x 32 (arXiv 1409.1556, table 1, D).

    As is common for such images, one dense layer of 512 is used instead of two of 4096.

    Args:
        hyperparameters: Values of `width` (filters of the first block, default 64; the other blocks have 2, 4, 8
            and 8 times as many, the dense layer 8 times), `dropout` (before the dense layers, default 0.5),
            `augment` (whether to flip and shift the training images, default true).
        schema: One input of shape (height, width, channels), and a label with classes.

    Raises:
        ValueError: There are other inputs, or the label has no classes.
    """
    shapes = [spec.shape for spec in schema.inputs.values()]
    if len(shapes) != 1 or len(shapes[0]) != 3 or not schema.label.classes:
        raise ValueError(
            f"model.build: vgg takes one image and predicts classes; the inputs are {dict(schema.inputs)}, the "
            f"task is {schema.label.task}; set data.shapes and data.ignore, or use another model"
        )
    width, dropout = hyperparameters.get("width", 64), hyperparameters.get("dropout", 0.5)
    (name,) = schema.inputs
    image = tensor = keras.Input(shapes[0], name=layer_name(name, {}))
    if hyperparameters.get("augment", True):
        # In a call of the model that does not say whether it is training, these layers would change the images.
        tensor = layers.RandomFlip("horizontal")(tensor, training=False)
        tensor = layers.RandomTranslation(0.125, 0.125, fill_mode="constant")(tensor, training=False)
    for factor, depth in ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3)):
        for _ in range(depth):
            tensor = _normalised(layers.Conv2D(factor * width, 3, padding="same", use_bias=False), tensor)
        tensor = layers.MaxPooling2D(padding="same")(tensor)
    tensor = layers.Dropout(dropout)(layers.Flatten()(tensor))
    tensor = layers.Dropout(dropout)(_normalised(layers.Dense(8 * width, use_bias=False), tensor))
    outputs = layers.Dense(len(schema.label.classes), schema.label.activation, dtype="float32")(tensor)
    return keras.Model({name: image}, outputs)


def _normalised(layer: keras.Layer, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """A layer, batch normalisation, ReLU."""
    return layers.ReLU()(layers.BatchNormalization()(layer(tensor)))
