"""How the graph reads image files: of training and of new rows alike."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from components.transform.images import pixels
from tests.components.formats.pictures import folder, picture, with_orientation


def test_image_files_of_any_kind_and_size_become_one_shape(tmp_path):
    files = sorted(folder(tmp_path).glob("*/[!.]*"))
    for channels in (1, 3):
        images = [[file.read_bytes()] for file in files if channels == 3 or Image.open(file).mode != "CMYK"]
        assert pixels(tf.constant(images), [5, 7, channels]).shape == (len(images), 5, 7, channels)


def test_an_image_of_the_right_size_keeps_itspixels(tmp_path):
    file = picture(tmp_path / "a.png", size=(33, 21))
    expected = np.asarray(Image.open(file))
    np.testing.assert_array_equal(pixels(tf.constant([[file.read_bytes()]]), [21, 33, 3])[0], expected)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_of_as_many_bytes_as_there_are_pixels_is_decoded(kind):
    image, file = Image.fromarray(np.full((32, 24, 3), (200, 100, 50), np.uint8)), io.BytesIO()
    image.save(file, kind)
    free = 32 * 24 * 3 - len(file.getvalue())
    if kind == "PNG":
        start, comment = 33, b"tEXtComment\0" + b"x" * (free - 20)
        comment = struct.pack(">I", len(comment) - 4) + comment + struct.pack(">I", zlib.crc32(comment))
    else:
        start, comment = 2, b"\xff\xfe" + struct.pack(">H", free - 2) + b"x" * (free - 4)
    padded = file.getvalue()[:start] + comment + file.getvalue()[start:]
    raw = image.tobytes()
    assert len(padded) == len(raw)
    found = pixels(tf.constant([[padded], [raw]]), [32, 24, 3])
    np.testing.assert_allclose(found[0], found[1], atol=3)  # JPEG loses a little


def test_an_image_that_is_shrunk_is_an_average(tmp_path):
    image = Image.fromarray(np.tile(np.uint8([[0, 255], [255, 0]]), (20, 20)))
    image.save(tmp_path / "a.png")
    smaller = pixels(tf.constant([[(tmp_path / "a.png").read_bytes()]]), [10, 10, 1])
    assert np.abs(smaller - 127.5).max() < 10


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_an_image_is_turned_as_its_exif_data_says(kind, endian):
    files = [with_orientation(each, kind, endian) for each in range(1, 9)]
    for file in files:
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
        found = pixels(tf.constant([[file]]), [upright.height, upright.width, 3])[0]
        # Decoders of JPEG differ a little; what is turned wrongly differs by up to 255.
        assert np.abs(found - np.asarray(upright, np.float32)).max() <= 8
