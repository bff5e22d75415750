"""What each part of the default network for images is worth: accuracy, log loss and CPU seconds of a training.

Each seed is another draw of training and validation images, four to one, and another training as the example
configuration says; the differences are of the same seeds. The test images are those of DIR/test, and DIR/train has the
others; without such folders, a fifth of the images is for testing. Without `--data`, the images are scikit-learn's
digits, trained as `examples/digits.yaml` says.

    TF_NUM_INTRAOP_THREADS=1 python -m benchmarks.images --data cifar10 --side 32 --images 2500 --seeds 3
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

Sample = tuple[Any, int]
"""A file, or pixels of shape (height, width, channels), and the index of its class."""

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


def found(folder: Path) -> list[Sample]:
    """The images in folders of classes."""
    classes = sorted(each for each in folder.iterdir() if each.is_dir())
    return [
        (file, index)
        for index, each in enumerate(classes)
        for file in sorted(each.iterdir())
        if file.name.lower().endswith(IMAGE_SUFFIXES)
    ]


def digits() -> list[Sample]:
    """scikit-learn's digits."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    return list(zip(values.reshape(-1, 8, 8, 1).astype("float32"), labels, strict=True))


def drawn(samples: list[Sample], count: int | None, seed: int) -> list[Sample]:
    """Some images in another order."""
    return [samples[place] for place in np.random.default_rng(seed).permutation(len(samples))[:count]]


def split(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """The first four fifths, and the last one."""
    cut = len(samples) * 4 // 5
    return samples[:cut], samples[cut:]


def read(samples: list[Sample], side: int) -> Images:
    """Reads images; those of files are resized to squares in colour."""
    values, labels = zip(*samples, strict=True)
    if isinstance(values[0], Path):
        contents = tf.constant([[file.read_bytes()] for file in values])
        return pixels(contents, [side, side, 3]).numpy(), np.array(labels)
    return np.stack(values), np.array(labels)


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
    goal = Goal(label_smoothing=section.label_smoothing)
    began = time.process_time()
    learned = learn(task, section.spec, "pipeline.models.build_model", hyperparameters, goal=goal)
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
    if data and (data / "test").is_dir():
        others, test = found(data / "train"), found(data / "test")
    else:
        others, test = split(drawn(found(data) if data else digits(), None, 0))
    template, judged = IMAGES if data else DIGITS, read(drawn(test, tests, 0), side)
    drafts = [split(drawn(others, images, seed)) for seed in range(seeds)]
    splits = [(read(train, side), read(validation, side)) for train, validation in drafts]
    first = None
    click.echo(TABLE.heading())
    for name in chosen or VARIANTS:
        results = [
            result(VARIANTS[name], template, *parts, judged, seed, epochs)
            for seed, parts in enumerate(splits)
        ]
        first = first or results
        click.echo(row(name, results, first))


if __name__ == "__main__":
    main()
