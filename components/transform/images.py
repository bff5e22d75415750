"""Images in a transform graph: of any size and orientation, as numbers or as bytes, in one shape."""

import tensorflow as tf

from components.formats.image_orientation import HEAD_BYTES, PATTERN, UPRIGHT
from components.transform.raw_columns import RawColumn, dense


def pixels(value: RawColumn, shape: list[int]) -> tf.Tensor:
    """Images as float32 of shape (batch, *shape), from numbers or from bytes.

    Bytes are raw pixels (uint8, row by row, channels last) if there are as many as `shape` needs, and if they do not
    begin and end as a PNG or a JPEG does; otherwise, an image file (PNG, JPEG, BMP). It is turned upright as its EXIF
    data says, and an image of another size is stretched or shrunk, bilinearly with antialiasing.

    Args:
        value: Numbers, or one string per row.
        shape: Height, width and channels.
    """
    if value.dtype != tf.string:
        return tf.reshape(tf.cast(dense(value, 0.0), tf.float32), [-1, *shape])
    size = shape[0] * shape[1] * shape[2]

    def decode(image: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            tf.logical_and(tf.strings.length(image) == size, tf.logical_not(_is_file(image))),
            lambda: tf.cast(tf.reshape(tf.io.decode_raw(image, tf.uint8), shape), tf.float32),
            lambda: _resized(_upright(image, shape[2]), shape),
        )

    images = tf.map_fn(decode, tf.reshape(dense(value, ""), [-1]), fn_output_signature=tf.float32)
    return tf.ensure_shape(images, [None, *shape])


def _is_file(image: tf.Tensor) -> tf.Tensor:
    """Whether bytes are a PNG or a JPEG, which may have as many bytes as the image has pixels."""
    end = tf.strings.substr(image, tf.maximum(tf.strings.length(image) - 2, 0), 2)
    is_jpeg = (tf.strings.substr(image, 0, 3) == b"\xff\xd8\xff") & (end == b"\xff\xd9")
    return is_jpeg | (tf.strings.substr(image, 0, 8) == b"\x89PNG\r\n\x1a\n")


def _upright(image: tf.Tensor, channels: int) -> tf.Tensor:
    """The pixels of an image file, as they are to be seen."""
    pixels = tf.ensure_shape(
        tf.io.decode_image(image, channels, expand_animations=False), [None, None, channels]
    )
    orientation = _orientation(image)
    # Rows and columns change places from 5 on; then, either may be reversed.
    pixels = tf.transpose(pixels, tf.where(orientation >= 5, [1, 0, 2], [0, 1, 2]))
    reversed_ = tf.gather([[False, False], [False, True], [True, True], [True, False]] * 2, orientation - 1)
    return tf.reverse(pixels, tf.boolean_mask([0, 1], reversed_))


def _orientation(image: tf.Tensor) -> tf.Tensor:
    head = tf.strings.substr(image, 0, HEAD_BYTES)
    found = tf.strings.regex_replace(head, rf"^\C*?{PATTERN}\C*$", r"\1\2")
    is_found = tf.strings.length(found) == 1
    return tf.cast(tf.io.decode_raw(tf.where(is_found, found, chr(UPRIGHT)), tf.uint8)[0], tf.int32)


def _resized(pixels: tf.Tensor, shape: list[int]) -> tf.Tensor:
    """An image of any size as float32 in this shape; one that has it already keeps its exact values."""
    return tf.ensure_shape(tf.image.resize(pixels, shape[:2], antialias=True), shape)
