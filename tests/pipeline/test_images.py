"""How the graph reads image files: of training and of new rows alike."""

import numpy as np
import tensorflow as tf
from PIL import Image

from pipeline.preprocessing import _pixels
from tests.components.formats.pictures import folder, picture


def test_image_files_of_any_kind_and_size_become_one_shape(tmp_path):
    files = sorted(folder(tmp_path).glob("*/[!.]*"))
    for channels in (1, 3):
        images = [[file.read_bytes()] for file in files if channels == 3 or Image.open(file).mode != "CMYK"]
        assert _pixels(tf.constant(images), [5, 7, channels]).shape == (len(images), 5, 7, channels)


def test_an_image_of_the_right_size_keeps_its_pixels(tmp_path):
    file = picture(tmp_path / "a.png", size=(33, 21))
    pixels = np.asarray(Image.open(file))
    np.testing.assert_array_equal(_pixels(tf.constant([[file.read_bytes()]]), [21, 33, 3])[0], pixels)


def test_an_image_that_is_shrunk_is_an_average(tmp_path):
    image = Image.fromarray(np.tile(np.uint8([[0, 255], [255, 0]]), (20, 20)))
    image.save(tmp_path / "a.png")
    smaller = _pixels(tf.constant([[(tmp_path / "a.png").read_bytes()]]), [10, 10, 1])
    assert np.abs(smaller - 127.5).max() < 10
