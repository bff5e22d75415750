"""What calibration is worth on tables: log loss with and without it, a refined loss as monitor, coverage of intervals.

A fifth of the rows is for testing, a fifth for validation; each seed is another split and another training with the
default model. Cuts, best epoch, temperature and residuals come from the validation split alone.

    python -m benchmarks.calibration --table titanic.csv survived --table life.csv "Life expectancy " --seeds 5
"""

import dataclasses
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from components import metrics
from components.features import NUMERIC, Input, LabelFeature, ModelSchema
from components.learning.goal import Goal
from components.learning.learn import Learned, learn
from components.learning.outputs import Scale
from components.learning.task import Task
from examples import bundled
from pipeline.config.own_data import TEMPLATE
from pipeline.config.training import TrainingSection
from reactive_schedules.training.tensorflow.sources import ArraySource

MONITORS = ("val_loss", "val_refined_loss")
LEVELS = (0.8, 0.9, 0.95)
MOST_CLASSES = 20
CLASSES = Table(
    34, ("log loss", 18), ("calibrated", 18), ("accuracy", 18), ("temperature", 13), ("epochs", 8)
)
NUMBERS = Table(34, *((f"{level:g}", 18) for level in LEVELS))


class Split(NamedTuple):
    """Inputs by name and labels."""

    x: dict[str, np.ndarray]
    y: np.ndarray


class Data(NamedTuple):
    """A table as a model takes it."""

    schema: ModelSchema
    splits: dict[str, Split]


def prepared(table: pd.DataFrame, label: str, seed: int) -> Data:
    """Splits a table, and scales its numbers and counts its categories as the training rows are."""
    table = table.dropna(subset=[label])
    places = np.random.default_rng(seed).permutation(len(table))
    train, validation, test = np.split(places, [int(0.6 * len(table)), int(0.8 * len(table))])
    target = table[label]
    is_number = pd.api.types.is_numeric_dtype(target) and target.nunique() > MOST_CLASSES
    values, codes = np.unique(target.astype(str), return_inverse=True)
    labels = target.to_numpy(np.float32) if is_number else codes.astype(np.int64)
    numbers, inputs, x = [], {}, {}
    for name, column in table.drop(columns=label).items():
        if pd.api.types.is_numeric_dtype(column):
            filled = column.fillna(column.iloc[train].median())
            numbers.append((filled - filled.iloc[train].mean()) / (filled.iloc[train].std() or 1))
        elif column.nunique() < len(column) / 2:  # others are names and ids
            known = {value: place for place, value in enumerate(sorted(set(column.iloc[train].dropna())), 1)}
            x[f"{name}_xf"] = column.map(known).fillna(0).to_numpy(np.int64)[:, None]
            inputs[f"{name}_xf"] = Input((1,), "int64", len(known) + 1)
    x[NUMERIC] = np.stack(numbers, axis=1).astype(np.float32)
    inputs[NUMERIC] = Input((len(numbers),), "float32")
    feature = (
        LabelFeature(label, "regression")
        if is_number
        else LabelFeature(label, "classification", tuple(values), 1 if len(values) == 2 else None)
    )
    parts = {"train": train, "validation": validation, "test": test}
    return Data(
        ModelSchema(inputs, feature),
        {
            name: Split({key: values[chosen] for key, values in x.items()}, labels[chosen])
            for name, chosen in parts.items()
        },
    )


def trained(data: Data, seed: int, monitor: str, epochs: int) -> Learned:
    """Trains as the pipeline does with `--data` and `--no-tune`."""
    scale = Scale()
    if not data.schema.label.classes:
        y = data.splits["train"].y
        scale = Scale(float(y.mean()), float(y.std()))
    sources = []
    for name in ("train", "validation"):
        x, y = data.splits[name]
        sources.append(ArraySource((x, y[:, None] if data.schema.label.classes else scale(y[:, None]))))
    task = Task(*sources, data.schema, scale, None, (data.splits["validation"].y, None))  # pyright: ignore
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    training = template["training"]
    training["plateau"]["monitor"] = monitor
    section = TrainingSection.parse({**training, "seed": seed + 1, "epochs": epochs})
    goal = Goal(label_smoothing=section.label_smoothing)
    hyperparameters = template["model"]["hyperparameters"]
    return learn(task, section.spec, "pipeline.models.build_model", hyperparameters, goal=goal)


def predicted(learned: Learned, split: Split, temperature: float | None = None) -> np.ndarray:
    """Predictions, calibrated unless another temperature is given."""
    outputs = learned.outputs
    if temperature is not None:
        outputs = dataclasses.replace(outputs, temperature=temperature)
    return np.asarray(outputs.predictions(learned.model(split.x, training=False)))


def tables(given: tuple[tuple[Path, str], ...], folder: Path) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yields names, tables and labels: those that are given, else scikit-learn's."""
    if not given:
        for write, label in (
            (bundled.breast_cancer, "diagnosis"),
            (bundled.wine, "cultivar"),
            (bundled.diabetes, "progression"),
        ):
            write(folder)
            given = (*given, (folder / f"{write.__name__}.csv", label))
    for file, label in given:
        yield file.stem, pd.read_csv(file), label


def classification(name: str, data: list[Data], epochs: int) -> None:
    """Prints a line for each monitor, and one for the difference between the two."""
    score, right = metrics.find("cross_entropy").score, metrics.find("accuracy").score
    found: dict[str, list[list[float]]] = {monitor: [] for monitor in MONITORS}
    for seed, each in enumerate(data):
        test = each.splits["test"]
        for monitor in MONITORS:
            learned = trained(each, seed, monitor, epochs)
            probabilities = predicted(learned, test)
            found[monitor].append(
                [
                    score(test.y, predicted(learned, test, 1.0)),
                    score(test.y, probabilities),
                    right(test.y, probabilities),
                    learned.outputs.temperature,
                    len(learned.result.history["loss"]),
                ]
            )
    for monitor, rows in found.items():
        click.echo(CLASSES.row(f"{name}, {monitor}", *_cells(rows)))
    paired = np.subtract(found[MONITORS[1]], found[MONITORS[0]]).tolist()
    click.echo(CLASSES.row(f"{name}, difference", *_cells(paired)))


def _cells(rows: list[list[float]]) -> Iterator[str]:
    for place, values in enumerate(zip(*rows, strict=True)):
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        mean = statistics.mean(values)
        yield f"{mean:.4f} ± {spread:.4f}" if place < 3 else f"{mean:.2f}" if place == 3 else f"{mean:.0f}"


def regression(name: str, data: list[Data], epochs: int) -> None:
    """Prints the share of test labels inside the intervals, and their width in standard deviations of the label."""
    shares, widths = [], []
    for seed, each in enumerate(data):
        learned, test = trained(each, seed, MONITORS[0], epochs), each.splits["test"]
        assert learned.residuals
        halves = np.array([learned.residuals.half_width(level) for level in LEVELS])
        error = np.abs(predicted(learned, test) - test.y)
        shares.append((error[:, None] <= halves).mean(axis=0))
        widths.append(2 * halves / test.y.std())
    cells = zip(np.mean(shares, axis=0), np.std(shares, axis=0), np.mean(widths, axis=0), strict=True)
    click.echo(NUMBERS.row(name, *(f"{share:.3f} ± {sd:.3f}" for share, sd, _ in cells)))
    click.echo(NUMBERS.row(f"{name}, width", *(f"{width:.2f}" for width in np.mean(widths, axis=0))))


@benchmark
@click.option(
    "--table",
    "given",
    type=(click.Path(path_type=Path, exists=True, dir_okay=False), str),
    multiple=True,
    metavar="FILE LABEL",
    help="CSV file and label; may be repeated.  [default: three data sets of scikit-learn]",
)
@size("--seeds", full=5, quick=1, type=click.IntRange(min=1), help="Splits and trainings of each.")
@size("--epochs", full=400, quick=2, type=click.IntRange(min=2), help="Of a training, at most.")
def main(given: tuple[tuple[Path, str], ...], seeds: int, epochs: int) -> None:
    """Prints a table of classifiers, then one of regressions: mean ± standard deviation over the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: [prepared(table, label, seed) for seed in range(seeds)]
            for name, table, label in tables(given, Path(folder))
        }
    kinds = {name: bool(data[0].schema.label.classes) for name, data in found.items()}
    if any(kinds.values()):
        click.echo(CLASSES.heading())
    for name in filter(kinds.get, found):
        classification(name, found[name], epochs)
    if not all(kinds.values()):
        click.echo(f"\n{NUMBERS.heading()}")
    for name in found:
        if not kinds[name]:
            regression(name, found[name], epochs)


if __name__ == "__main__":
    main()
