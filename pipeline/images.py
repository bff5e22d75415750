"""The part of the default model that sees an image, of standard Keras layers.

The residual network has the blocks and the batch normalisation of He et al. 2015 (arXiv 1512.03385), with few filters.
The plain one, three convolutions, takes half the time for images as small as 8 x 8, and is far behind for photos.
"""

import keras
from keras import layers

NETWORKS = ("residual", "plain")
"""Networks for an image."""

AUGMENTATIONS = ("none", "shift", "flip")
"""How training images may be changed. To flip is not the default: a mirrored digit, letter or arrow is another one."""

_MOST_SHIFT = 0.125  # of height and width
_SIDE = 16  # pixels of the shorter side after the first convolution, about
_STAGES = 3  # each has half the pixels and twice the filters of the one before
_LEAST_SIDE = 4  # pixels; smaller ones are not halved
_MOMENTUM = 0.9  # of the moving averages: Keras' 0.99 would lag behind in a training of few updates


def features(image: keras.KerasTensor, network: str, filters: int, augment: str) -> keras.KerasTensor:
    """Features of an image of any size.

    Args:
        image: Standardised pixels of shape (batch, height, width, channels).
        network: `residual`, or `plain`, whose features are as many as half the pixels, times the filters.
        filters: Filters of the first stage.
        augment: `none`; `shift`, by whole pixels up to an eighth of height and width, the edge repeated; or `flip`,
            which shifts all and mirrors half of them. Images are changed in training only.

    Returns:
        A tensor of shape (batch, features).
    """
    # What `training` says here is for calls of the model that do not say it: these layers would change the image.
    if augment == "flip":
        image = layers.RandomFlip("horizontal")(image, training=False)
    if augment != "none":
        image = _shift()(image, training=False)
    return _plain(image, filters) if network == "plain" else _residual(image, filters)


def _shift() -> layers.Layer:
    return layers.RandomTranslation(_MOST_SHIFT, _MOST_SHIFT, fill_mode="nearest", interpolation="nearest")


def _plain(tensor: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    tensor = layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
    tensor = layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
    tensor = layers.MaxPooling2D()(tensor)
    return layers.Flatten()(layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(tensor))


def _residual(image: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    stride = max(1, round(min(image.shape[1:3]) / _SIDE))
    tensor = layers.ReLU()(_convolved(image, filters, stride + 2, stride))
    for stage in range(_STAGES):
        tensor = _block(tensor, filters * 2**stage, stride=2 if stage else 1)
        if min(tensor.shape[1:3]) <= _LEAST_SIDE:
            break
    return layers.GlobalAveragePooling2D()(tensor)


def _block(tensor: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    """Two convolutions whose result is added to what they get, with as many pixels and filters as theirs."""
    inner = layers.ReLU()(_convolved(tensor, filters, 3, stride))
    inner = _convolved(inner, filters, 3)
    if stride > 1:
        tensor = _convolved(layers.AveragePooling2D(stride, padding="same")(tensor), filters, 1)
    return layers.ReLU()(layers.Add()([tensor, inner]))


def _convolved(tensor: keras.KerasTensor, filters: int, kernel: int, stride: int = 1) -> keras.KerasTensor:
    """A convolution and batch normalisation."""
    tensor = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(tensor)
    return layers.BatchNormalization(momentum=_MOMENTUM)(tensor)
