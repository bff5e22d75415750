"""What each part of the default network for images is worth: accuracy, log loss and CPU seconds of a training.

Each seed is another draw of training and validation images, four to one, and another training as the example
configuration says; the differences are of the same seeds. The test images are those of DIR/test, and DIR/train has the
others; without such folders, a fifth of the images is for testing. Without `--data`, the images are scikit-learn's
digits, trained as `examples/digits.yaml` says. TensorFlow has one thread.

    python -m benchmarks.images --data cifar10 --side 32 --images 2500 --seeds 3
"""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import tensorflow as tf
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from components import metrics
from components.features import Input, LabelFeature, ModelSchema
from components.formats.format import IMAGE_SUFFIXES
from components.learning.goal import Goal
from components.learning.learn import learn
from components.learning.outputs import Scale
from components.learning.task import Task
from components.transform.images import pixels
from pipeline.config.own_data import IMAGES, TEMPLATE
from pipeline.config.training import TrainingSection
from reactive_schedules.training.tensorflow.sources import ArraySource

DIGITS = TEMPLATE.parent / "digits.yaml"
PLAIN = {"images": "plain", "augment": "none"}
TABLE = Table(34, ("accuracy", 17), ("gain", 17), ("log loss", 17), ("updates", 9), ("CPU s", 8))

Images = tuple[np.ndarray, np.ndarray]
"""Pixels of shape (images, height, width, channels), and indices of classes."""


class Variant(NamedTuple):
    """Hyperparameters, and how the network is trained: None stands for the example configuration of the images."""

    hyperparameters: Mapping[str, Any]
    template: Path | None = None
    is_standardised: bool = True


VARIANTS = {
    "three convolutions, as a table": Variant(PLAIN, TEMPLATE),
    "three convolutions": Variant(PLAIN),
    "residual": Variant({"images": "residual", "augment": "none"}),
    "residual, shifted": Variant({"images": "residual", "augment": "shift"}),
    "residual, shifted and mirrored": Variant({"images": "residual", "augment": "flip"}),
    "residual, shifted, pixels 0 to 1": Variant({"images": "residual", "augment": "shift"}, None, False),
}


def read(folder: Path, side: int) -> Images:
    """Reads the images in folders of classes, resized to squares in colour."""
    classes = sorted(each for each in folder.iterdir() if each.is_dir())
    files = [
        (file, index)
        for index, each in enumerate(classes)
        for file in sorted(each.iterdir())
        if file.name.lower().endswith(IMAGE_SUFFIXES)
    ]
    contents = tf.constant([[file.read_bytes()] for file, _ in files])
    return pixels(contents, [side, side, 3]).numpy(), np.array([index for _, index in files])


def digits() -> Images:
    """scikit-learn's digits."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    return values.reshape(-1, 8, 8, 1).astype("float32"), labels


def drawn(images: Images, count: int | None, seed: int) -> Images:
    """Some images in another order."""
    places = np.random.default_rng(seed).permutation(len(images[0]))[:count]
    return images[0][places], images[1][places]


def split(images: Images, share: float) -> tuple[Images, Images]:
    """The first images, and this share of them, the last ones."""
    cut = round(len(images[0]) * (1 - share))
    return (images[0][:cut], images[1][:cut]), (images[0][cut:], images[1][cut:])


def result(
    variant: Variant,
    template: Path,
    train: Images,
    validation: Images,
    test: Images,
    seed: int,
    epochs: str | None,
) -> list[float]:
    """Accuracy in percent and log loss on the test images, updates, and CPU seconds of the training."""
    document = yaml.safe_load((variant.template or template).read_text(encoding="utf-8"))
    centre, spread = (train[0].mean(), train[0].std()) if variant.is_standardised else (0, train[0].max())
    scaled = [((values - centre) / spread).astype("float32") for values, _ in (train, validation, test)]
    classes = tuple(range(int(train[1].max()) + 1))
    schema = ModelSchema(
        {"image_xf": Input(scaled[0].shape[1:], "float32")},
        LabelFeature("label", "classification", classes, 1 if len(classes) == 2 else None),
    )
    sources = [
        ArraySource(({"image_xf": values}, labels[:, None].astype(np.int64)))
        for values, (_, labels) in zip(scaled[:2], (train, validation), strict=True)
    ]
    task = Task(*sources, schema, Scale(), None, (validation[1], None))  # pyright: ignore
    changed = {"seed": seed + 1} | ({"epochs": epochs} if epochs else {})
    section = TrainingSection.parse({**document["training"], **changed})
    hyperparameters = {**document["model"]["hyperparameters"], **variant.hyperparameters}
    began = time.process_time()
    learned = learn(
        task, section.spec, variant.build, hyperparameters, goal=Goal(label_smoothing=section.label_smoothing)
    )
    seconds = time.process_time() - began
    answers = [
        np.asarray(learned.outputs.predictions(learned.model({"image_xf": part}, training=False)))
        for part in np.array_split(scaled[2], -(-len(scaled[2]) // 500))
    ]
    probabilities = np.concatenate(answers)
    accuracy, loss = (
        metrics.find(name).score(test[1], probabilities) for name in ("accuracy", "cross_entropy")
    )
    return [100 * accuracy, loss, learned.result.updates, seconds]


def row(name: str, found: list[list[float]], first: list[list[float]]) -> str:
    """One line of the table: means ± standard deviations over the seeds."""
    accuracies, losses, updates, seconds = zip(*found, strict=True)
    gains = [own - other[0] for own, other in zip(accuracies, first, strict=True)]
    return TABLE.row(
        name,
        _spread(accuracies, 2),
        "" if found is first else _spread(gains, 2),
        _spread(losses, 3),
        f"{statistics.mean(updates):.0f}",
        f"{statistics.mean(seconds):.1f}",
    )


def _spread(values: Any, digits: int) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ± {deviation:.{digits}f}"


@benchmark
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of folders of classes.",
)
@click.option(
    "--side", default=32, show_default=True, help="Height and width that the images are resized to."
)
@size(
    "--images",
    full=2500,
    quick=200,
    type=click.IntRange(20),
    help="Images to train and validate on, at most.",
)
@size("--tests", full=10_000, quick=100, type=click.IntRange(1), help="Images to test on, at most.")
@size("--seeds", full=3, quick=1, type=click.IntRange(min=1), help="Trainings of each variant.")
@click.option("--variant", "chosen", multiple=True, type=click.Choice(list(VARIANTS)), help="Only these.")
@size("--epochs", full=None, quick="2ep", help="Of a training, instead of what the configuration says.")
def main(
    data: Path | None,
    side: int,
    images: int,
    tests: int,
    seeds: int,
    chosen: tuple[str, ...],
    epochs: str | None,
) -> None:
    """Prints a line for each variant, and its difference from the first."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if data is None:
        all_images, template = drawn(digits(), None, 0), DIGITS
        others, test = split(all_images, 0.2)
    elif (data / "test").is_dir():
        others, test, template = read(data / "train", side), read(data / "test", side), IMAGES
    else:
        (others, test), template = split(drawn(read(data, side), None, 0), 0.2), IMAGES
    test = drawn(test, tests, 0)
    first = None
    click.echo(TABLE.heading())
    for name in chosen or VARIANTS:
        found = []
        for seed in range(seeds):
            train, validation = split(drawn(others, images, seed), 0.2)
            found.append(result(VARIANTS[name], template, train, validation, test, seed, epochs))
        first = first or found
        click.echo(row(name, found, first))


if __name__ == "__main__":
    main()
