"""The part of the default model that sees an image: a small residual network of standard Keras layers.

Residual blocks and batch normalisation are those of He et al. 2015 (arXiv 1512.03385), with few filters.
"""

import keras
from keras import layers

AUGMENTATIONS = ("none", "shift", "flip")
"""How training images may be changed. To flip is not the default: a mirrored digit, letter or arrow is another one."""

_SHIFT = 0.125  # of height and width
_SIDE = (
    16  # pixels of the shorter side after the first convolution, about; half as many would lose what is small
)
_STAGES = 3  # each has half the pixels and twice the filters of the one before
_LEAST_SIDE = 4  # pixels; smaller ones are not halved
_MOMENTUM = 0.9  # of the moving averages: Keras' 0.99 would lag behind in a training of few updates


def features(image: keras.KerasTensor, filters: int, augment: str) -> keras.KerasTensor:
    """Features of an image of any size.

    Args:
        image: Standardised pixels of shape (batch, height, width, channels).
        filters: Filters of the first stage.
        augment: `none`, `shift` (up to an eighth of height and width, the edge repeated) or `flip` (shifted and, half
            of them, mirrored). Images are changed in training only.

    Returns:
        A tensor of shape (batch, features).
    """
    # What `training` says here is for calls of the model that do not say it: these layers would change the image.
    if augment == "flip":
        image = layers.RandomFlip("horizontal")(image, training=False)
    if augment != "none":
        image = layers.RandomTranslation(_SHIFT, _SHIFT, fill_mode="nearest")(image, training=False)
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
