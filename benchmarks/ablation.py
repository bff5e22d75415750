"""What each piece of the default model is worth: it is trained with one piece changed at a time.

A fifth of the rows is for testing, a fifth for validation; each seed is another split and another training. All
variants of a seed have the same rows. What changes is the error (log loss after calibration, or RMSE) on both splits,
as the mean of the logarithm of the ratio to the default's, over tables and seeds: +5.0 % is worse by a twentieth. For
classes, the accuracy on the validation split is there, too, as its difference in points: +1.0 is a hundredth better.
Decide by the validation split; the test split shows whether that was right.

    python -m benchmarks.ablation --table titanic.csv survived --table life.csv "Life expectancy " --seeds 5
"""

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import keras
import numpy as np

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from benchmarks.tabular.training import EPOCHS, TABLES, Data, Split, predicted, prepared, tables, trained
from components import metrics
from components.features import NUMERIC, Input, ModelSchema
from pipeline import models


def without_cosines(data: Data) -> Data:
    """Under another name, the model takes numbers as they are."""
    (width,) = data.schema.inputs[NUMERIC].shape
    return changed(data, NUMERIC, "plain_xf", Input((width,), "float32"), lambda values: values)


def without_quantiles(data: Data) -> Data:
    """The numbers that are scaled by their quantiles are the latter half."""
    width = data.schema.inputs[NUMERIC].shape[0] // 2
    return changed(data, NUMERIC, NUMERIC, Input((width,), "float32"), lambda values: values[:, :width])


def all_embedded(data: Data) -> Data:
    """With more values, of which most never occur, the model embeds a category."""
    for name, count in vocabularies(data).items():
        larger = Input((1,), "int64", max(count, models.MOST_ONE_HOT + 1))
        data = changed(data, name, name, larger, lambda values: values)
    return data


def all_one_hot(data: Data) -> Data:
    """A column of zeros and ones for each value of a category."""
    for name, count in vocabularies(data).items():
        data = changed(data, name, name, Input((count,), "float32"), one_hot(count))
    return data


def one_hot(count: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function of indices of shape (rows, 1)."""
    return lambda values: np.eye(count, dtype=np.float32)[values[:, 0]]


def vocabularies(data: Data) -> dict[str, int]:
    """The categories, with the number of their values."""
    inputs = data.schema.inputs
    return {name: each.vocabulary_size for name, each in inputs.items() if each.vocabulary_size}


def changed(
    data: Data, name: str, renamed: str, spec: Input, change: Callable[[np.ndarray], np.ndarray]
) -> Data:
    """The table with one input replaced."""
    inputs = {key: each for key, each in data.schema.inputs.items() if key != name}
    splits = {
        split: Split({**{key: each for key, each in x.items() if key != name}, renamed: change(x[name])}, y)
        for split, (x, y) in data.splits.items()
    }
    return Data(ModelSchema({**inputs, renamed: spec}, data.schema.label), splits)


class Variant(NamedTuple):
    """What differs from the default: values of `training`, hyperparameters, the inputs."""

    training: Mapping[str, Any] = {}
    hyperparameters: Mapping[str, Any] = {}
    change: Callable[[Data], Data] = lambda data: data


DEFAULT = "default"
VARIANTS = {
    DEFAULT: Variant(),
    "numbers without quantiles": Variant(change=without_quantiles),
    "numbers without cosines": Variant(change=without_cosines),
    "all categories embedded": Variant(change=all_embedded),
    "all categories one-hot": Variant(change=all_one_hot),
    "ReLU": Variant(hyperparameters={"activation": "relu"}),
    "width 64": Variant(hyperparameters={"width": 64}),
    "width 256": Variant(hyperparameters={"width": 256}),
    "no dropout": Variant(hyperparameters={"dropout": 0.0}),
    "no label smoothing": Variant({"label_smoothing": 0.0}),
    "batches of 256": Variant({"batch_size": 256}),
    "Adam's own beta_2, 0.999": Variant({"optimizer": {"name": "adam", "beta_2": 0.999}}),
    "weight decay 0.02": Variant({"optimizer": {"name": "adamw", "beta_2": 0.95, "weight_decay": 0.02}}),
    "lengths in epochs alone": Variant({"epochs": 40, "plateau": {"patience": 4}}),
    "half the patience": Variant({"plateau": {"patience": "max(4ep, 150st)"}}),
    "early stopping, no cuts": Variant({"plateau": {"max_actions": 0}}),
    "one cycle, no reaction": Variant(
        {"learning_rate": {"family": "one_cycle", "peak": 0.008}, "plateau": {"patience": 10**6}}
    ),
}
ROWS = Table(28, ("validation", 16), ("test", 16), ("accuracy", 14), ("CPU seconds", 14))


class Outcome(NamedTuple):
    """Errors and cost of a training; the accuracy is that of the validation split, None for a regression."""

    validation: float
    test: float
    accuracy: float | None
    cpu: float


def outcome(data: Data, seed: int, variant: Variant, epochs: int | None) -> Outcome:
    """Trains a variant."""
    name = "cross_entropy" if data.schema.label.classes else "rmse"
    score = metrics.find(name).score
    data = variant.change(data)
    start = time.process_time()
    shorter = {"epochs": epochs} if epochs else {}
    learned = trained(data, seed, {**variant.training, **shorter}, variant.hyperparameters)
    cpu = time.process_time() - start
    truth, answers = data.splits["validation"].y, predicted(learned, data.splits["validation"])
    test = score(data.splits["test"].y, predicted(learned, data.splits["test"]))
    accuracy = metrics.find("accuracy").score(truth, answers) if data.schema.label.classes else None
    return Outcome(score(truth, answers), test, accuracy, cpu)


def line(name: str, found: list[Outcome], default: list[Outcome]) -> str:
    """The row of a variant."""
    ratios = np.log(np.divide([each[:2] for each in found], [each[:2] for each in default])) * 100
    spread = ratios.std(axis=0, ddof=1) / math.sqrt(len(found)) if len(found) > 1 else np.zeros(2)
    cells = [f"{mean:+.1f} ± {error:.1f} %" for mean, error in zip(ratios.mean(axis=0), spread, strict=True)]
    return ROWS.row(
        name, *cells, _points(found, default), f"{statistics.mean(each.cpu for each in found):.1f}"
    )


def _points(found: list[Outcome], default: list[Outcome]) -> str:
    pairs = [(one.accuracy, other.accuracy) for one, other in zip(found, default, strict=True)]
    gains = [100 * (one - other) for one, other in pairs if one is not None and other is not None]
    if not gains:
        return ""
    spread = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else 0.0
    return f"{statistics.mean(gains):+.2f} ± {spread:.2f}"


@benchmark
@TABLES
@size("--seeds", full=5, quick=1, type=click.IntRange(min=1), help="Splits and trainings of each.")
@size(
    "--variant",
    "variants",
    full=tuple(VARIANTS),
    quick=("ReLU",),
    type=click.Choice(list(VARIANTS)),
    multiple=True,
    metavar="NAME",
    show_default=False,
    help="What to train besides the default; may be repeated.  [default: all]",
)
@EPOCHS
def main(
    given: tuple[tuple[Path, str], ...], seeds: int, variants: tuple[str, ...], epochs: int | None
) -> None:
    """Prints a table for each table, and one for all: mean ± standard error of the mean over trainings."""
    chosen = {name: VARIANTS[name] for name in (DEFAULT, *variants)}
    found: dict[str, list[Outcome]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        for table, rows, label in tables(given, Path(folder)):
            here: dict[str, list[Outcome]] = {name: [] for name in chosen}
            for seed in range(seeds):
                data = prepared(rows, label, seed)
                for name, variant in chosen.items():
                    here[name].append(outcome(data, seed, variant, epochs))
                    keras.backend.clear_session()
            show(table, here)
            for name, outcomes in here.items():
                found[name] += outcomes
    show("all tables", found)


def show(title: str, found: Mapping[str, list[Outcome]]) -> None:
    """Prints a row for each variant."""
    click.echo(f"{title}\n{ROWS.heading()}")
    for name, outcomes in found.items():
        click.echo(line(name, outcomes, found[DEFAULT]))
    click.echo()


if __name__ == "__main__":
    main()
