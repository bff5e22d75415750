"""The experiment with VGG16 on a few images, whose colour is their class."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from examples.cifar10 import main, phases, read, spec_of


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("cifar"), np.random.default_rng(0)
    for split in ("train", "test"):
        for number, name in enumerate(("cat", "ship")):
            (folder / split / name).mkdir(parents=True)
            for index in range(8):
                pixels = random.integers(0, 60, (32, 32, 3), "uint8") + np.uint8(150 * number)
                Image.fromarray(pixels).save(folder / split / name / f"{index}.{'png' if index else 'jpg'}")
    return folder


def test_it_trains_with_a_policy_and_says_what_it_came_to(images, tmp_path):
    arguments = [
        "--width",
        "1",
        "--batch-size",
        "4",
        "--patience",
        "1",
        "--epochs",
        "3",
        "--policy",
        "hybrid",
    ]
    done = CliRunner().invoke(main, [str(images), *arguments, "--output", str(tmp_path / "made")])
    assert done.exit_code == 0, done.output
    assert "15 images to train, 1 to validate, 16 to test" in done.output.splitlines()[0]
    (run,) = json.loads((tmp_path / "made.json").read_text("utf-8"))
    assert len(run["history"]["val_accuracy"]) == run["epochs"] <= 3
    assert len(run["phases"]) == 1 + sum(each["kind"] != "stop" for each in run["decisions"])
    assert f"| {100 * run['test_accuracy']:.1f} | {run['updates']} | {run['epochs']} |" in done.output
    assert (tmp_path / "made.png").stat().st_size > 5000


def test_images_are_read_with_the_number_of_their_class(images):
    x, y = read(images / "train", 5)
    assert (x.shape, x.dtype, len(y)) == ((10, 32, 32, 3), "uint8", 10)
    np.testing.assert_array_equal(x.mean((1, 2, 3)) > 100, y == 1)


def test_a_folder_without_classes_is_refused_in_one_line(images):
    done = CliRunner().invoke(main, [str(images / "train")])
    assert done.exit_code == 2
    assert "holds no folder of images for each class; name the folder above it" in done.output


def test_the_policies_are_those_of_the_article():
    specs = {name: spec_of(name, 128, 10, 200, 0) for name in ("constant", "decay", "grow", "hybrid")}
    assert {name: spec.plateau.max_actions for name, spec in specs.items()} == {
        "constant": 0, "decay": 2, "grow": 2, "hybrid": 2
    }  # fmt: skip
    assert specs["hybrid"].plateau.max_batch_size == 512  # one growth, then a cut
    assert specs["grow"].plateau.max_batch_size == 2048


def test_accuracy_before_each_action_is_that_of_the_best_epoch_so_far():
    class Result:
        history = {"val_loss": [3, 1, 2, 0.5, 0.7], "val_accuracy": [0.1, 0.4, 0.3, 0.6, 0.7]}
        decisions = [{"epoch": 2, "kind": "decay"}, {"epoch": 4, "kind": "stop"}]

    assert phases(Result) == [0.4, 0.6]
