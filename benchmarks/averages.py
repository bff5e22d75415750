"""What averages of the weights are worth: schedule-free AdamW and an exponential moving average, beside AdamW.

A network of two layers on scikit-learn's digits, or on a CSV table. Every method is trained at each rate; its best rate
by the mean validation loss is reported. Each training is judged on validation rows only, at its epoch of the lowest
validation loss, at the averaged point and at the point of training, which are the same if nothing is averaged.

    python -m benchmarks.averages --rates 0.003
    python -m benchmarks.averages --rates 0.003 --table churn.csv --label Exited
"""

import csv
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table

MOST_LEVELS = 10  # of a column of text that becomes inputs; columns with more are left out
METHODS: dict[str, dict[str, Any]] = {
    "adamw, constant": {},
    "adamw, linear to 0": {"family": "linear"},
    "adamw, ema 0.99": {"ema": 0.99},
    "schedule-free": {"optimizer": "schedule_free_adamw"},
}
TABLE = Table(20, ("rate", 7), ("loss", 17), ("accuracy", 15), ("loss in training", 17), ("accuracy", 15))


class Point(NamedTuple):
    """Validation loss, and accuracy in percent."""

    loss: float
    accuracy: float


class Run(NamedTuple):
    """The best epoch of a training, at its averaged point and at its point of training."""

    averaged: Point
    training: Point


def digits() -> tuple:
    """1,797 images of 64 pixels."""
    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype("float32"), labels


def table(path: Path, label: str) -> tuple:
    """The rows of a CSV file: numbers standardised, text as one input per value."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = []
    for name in rows[0]:
        cells = [row[name] for row in rows]
        if name == label:
            continue
        try:
            numbers = np.array(cells, "float64")
            columns.append(((numbers - numbers.mean()) / (numbers.std() or 1))[:, None])
        except ValueError:
            levels = sorted(set(cells))
            if len(levels) <= MOST_LEVELS:
                columns.append(np.array(cells)[:, None] == np.array(levels))
    return np.concatenate(columns, 1).astype("float32"), np.unique(
        [row[label] for row in rows], return_inverse=True
    )[1]


def run(method: Mapping[str, Any], rate: float, seed: int, data: tuple, epochs: int) -> Run:
    """One training with one seed, of the division of the rows, the weights and the order."""
    x, y = data
    divided: Any = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    x, x_val, y, y_val = divided
    spec = rs.TrainingSpec.parse(
        {
            "optimizer": {"name": method.get("optimizer", "adamw")},
            "learning_rate": {"family": method.get("family", "constant"), "peak": rate, "warmup": "5%"},
            "batch_size": 64,
            "epochs": epochs,
            "ema": method.get("ema"),
            "seed": seed,
        }
    )
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(128, "relu")]
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), *layers, keras.layers.Dense(int(y.max()) + 1, "softmax")]
    )
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    training: list[Point] = []

    def at_the_point_of_training(_: rs.EpochEnd) -> None:
        judged: Any = model.evaluate
        loss, accuracy = judged(x_val, y_val, batch_size=len(x_val), verbose=0)
        training.append(Point(loss, 100 * accuracy))

    history = rs.fit(model, (x, y), (x_val, y_val), spec, on_epoch=at_the_point_of_training).history
    accuracies = [100 * accuracy for accuracy in history["val_accuracy"]]
    averaged = [Point(*each) for each in zip(history["val_loss"], accuracies, strict=True)]
    return Run(min(averaged), min(training))


def row(name: str, rate: float, runs: list[Run]) -> str:
    """One line of the table: means over the seeds, and their standard deviations."""

    def shown(values: list[float], digits: int) -> str:
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        return f"{statistics.mean(values):.{digits}f} ± {spread:.{digits}f}"

    cells = []
    for points in ([run.averaged for run in runs], [run.training for run in runs]):
        cells += [shown([point.loss for point in points], 4), shown([point.accuracy for point in points], 2)]
    return TABLE.row(name, f"{rate:g}", *cells)


@benchmark
@size("--seeds", full=5, quick=1, type=click.IntRange(min=1), help="Trainings of each method at each rate.")
@size("--epochs", full=20, quick=2, type=click.IntRange(min=2), help="Of a training.")
@size("--rates", full=(0.001, 0.003, 0.01), quick=(0.01,), type=float, multiple=True, help="Highest rates.")
@click.option(
    "--table", "path", type=click.Path(exists=True, path_type=Path), help="CSV file of another task."
)
@click.option("--label", default="label", show_default=True, help="Its column to predict.")
def main(seeds: int, epochs: int, rates: tuple[float, ...], path: Path | None, label: str) -> None:
    """Prints one line per method."""
    data = table(path, label) if path else digits()
    click.echo(f"{path.stem if path else 'digits'}, {len(data[0]):,} rows, {seeds} seeds\n{TABLE.heading()}")
    for method, settings in METHODS.items():
        runs = {rate: [run(settings, rate, seed, data, epochs) for seed in range(seeds)] for rate in rates}
        best = min(rates, key=lambda rate: statistics.mean(each.averaged.loss for each in runs[rate]))
        click.echo(row(method, best, runs[best]))


if __name__ == "__main__":
    main()
