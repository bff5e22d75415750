"""The CIFAR-10 example on a few images in its format."""

import re

import numpy as np
import pytest
import tensorflow as tf
import yaml

from components.formats.tfrecord.records import write_records
from tests.conftest import ROOT, run_local

pytestmark = pytest.mark.slow


def example(index: int, encode) -> bytes:
    """An image whose brightness encodes its class, as pixels or as a PNG."""
    label = index % 10
    noise = np.random.default_rng(index).integers(-8, 8, (32, 32, 3))
    pixels = (20 + 20 * label + noise).astype(np.uint8)
    message = tf.train.Example()
    message.features.feature["image"].bytes_list.value.append(encode(pixels))
    message.features.feature["label"].int64_list.value.append(label)
    return message.SerializeToString()


ENCODINGS = {
    "pixels": lambda pixels: pixels.tobytes(),
    "png": lambda pixels: tf.io.encode_png(pixels).numpy(),
}


def test_pipeline_takes_images_as_pixels_and_as_files(tmp_path):
    document = yaml.safe_load((ROOT / "examples/cifar10.yaml").read_text())
    # Half of the files hold pixels, the other half PNGs of the same kind of image.
    for number, encode in enumerate([*ENCODINGS.values()] * 2):
        folder = tmp_path / "cifar"
        folder.mkdir(exist_ok=True)
        records = (example(100 * number + index, encode) for index in range(100))
        write_records(folder / f"{number}.tfrecord", records)
    document["data"]["shapes"] = {"image": [32, 32, 3]}
    document["model"]["hyperparameters"] |= {"width": 2, "augment": True}
    document["training"] |= {"epochs": 1, "batch_size": 16}
    config = tmp_path / "cifar10.yaml"
    config.write_text(yaml.safe_dump(document))
    workspace = tmp_path / "workspace"
    arguments = [
        "--config",
        config,
        "--data",
        folder,
        "--label",
        "label",
        "--workspace",
        workspace,
        "--no-tune",
    ]
    finished = run_local(*arguments)
    assert finished.code == 0, finished.stdout + finished.stderr
    assert re.search(r"^Data +400 examples: ", finished.stdout, re.MULTILINE)
    assert re.search(r"^Test accuracy +0\.\d+", finished.stdout, re.MULTILINE)

    exported = next((workspace / "artifacts").glob("*/Trainer/model/*/Format-Serving"))
    signatures = tf.saved_model.load(str(exported)).signatures
    # The model sees the same image in either encoding.
    both = tf.constant([example(7, encode) for encode in ENCODINGS.values()])
    pixels = signatures["transform_features"](examples=both)["image_xf"].numpy()
    assert pixels.shape == (2, 32, 32, 3)
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert pixels.std() > 0
    probabilities = signatures["serving_default"](examples=both)["probabilities"].numpy()
    assert probabilities.shape == (2, 10)
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-6)
