"""The default model, trained on a table in this process as the pipeline does with `--data` and `--no-tune`."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd
import yaml

from benchmarks.measuring.command import size
from components.features import NUMERIC, Input, LabelFeature, ModelSchema
from components.learning.goal import Goal
from components.learning.learn import Learned, learn
from components.learning.outputs import Scale
from components.learning.task import Task
from examples import bundled
from pipeline.config.own_data import TEMPLATE
from pipeline.config.training import TrainingSection
from reactive_schedules.training.tensorflow.sources import ArraySource

MOST_CLASSES = 20

TABLES = click.option(
    "--table",
    "given",
    type=(click.Path(path_type=Path, exists=True, dir_okay=False), str),
    multiple=True,
    metavar="FILE LABEL",
    help="CSV file and label; may be repeated.  [default: three data sets of scikit-learn]",
)

EPOCHS = size(
    "--epochs",
    full=None,
    quick=2,
    type=click.IntRange(min=2),
    help="Of a training, at most.  [default: as the pipeline trains]",
    show_default=False,
)


class Split(NamedTuple):
    """Inputs by name and labels."""

    x: dict[str, np.ndarray]
    y: np.ndarray


class Data(NamedTuple):
    """A table as a model takes it."""

    schema: ModelSchema
    splits: dict[str, Split]


def prepared(table: pd.DataFrame, label: str, seed: int) -> Data:
    """Splits a table, and prepares its numbers and categories as the pipeline does, by the training rows."""
    table = table.dropna(subset=[label])
    places = np.random.default_rng(seed).permutation(len(table))
    train, validation, test = np.split(places, [int(0.6 * len(table)), int(0.8 * len(table))])
    target = table[label]
    is_number = pd.api.types.is_numeric_dtype(target) and target.nunique() > MOST_CLASSES
    values, codes = np.unique(target.astype(str), return_inverse=True)
    labels = target.to_numpy(np.float32) if is_number else codes.astype(np.int64)
    numbers, scaled, inputs, x = [], [], {}, {}
    for name, column in table.drop(columns=label).items():
        if pd.api.types.is_numeric_dtype(column):
            filled = column.fillna(column.iloc[train].median())
            known = filled.iloc[train].to_numpy(float)
            numbers.append(np.asarray(filled - known.mean()) / (known.std() or 1))
            steps = np.unique(np.quantile(known, np.linspace(0, 1, 257), method="inverted_cdf"))
            scaled.append(np.interp(filled, steps, np.linspace(-math.sqrt(3), math.sqrt(3), len(steps))))
        elif column.nunique() < len(column) / 2:  # others are names and ids
            known = {value: place for place, value in enumerate(sorted(set(column.iloc[train].dropna())), 1)}
            x[f"{name}_xf"] = column.map(known).fillna(0).to_numpy(np.int64)[:, None]
            inputs[f"{name}_xf"] = Input((1,), "int64", len(known) + 1)
    x[NUMERIC] = np.stack([*numbers, *scaled], axis=1).astype(np.float32)
    inputs[NUMERIC] = Input((2 * len(numbers),), "float32")
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


def trained(
    data: Data,
    seed: int,
    training: Mapping[str, Any] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
) -> Learned:
    """Trains as the pipeline does with `--data` and `--no-tune`.

    Args:
        data: Table.
        seed: Of the training.
        training: Values that replace those of the default configuration; those of `plateau` one by one.
        hyperparameters: The same, of the model.
    """
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
    changes, default = dict(training or {}), template["training"]
    plateau = {**default["plateau"], **changes.pop("plateau", {})}
    section = TrainingSection.parse({**default, **changes, "plateau": plateau, "seed": seed})
    chosen = {**template["model"]["hyperparameters"], **(hyperparameters or {})}
    goal = Goal(label_smoothing=section.label_smoothing)
    return learn(task, section.spec, "pipeline.models.build_model", chosen, goal=goal)


def predicted(learned: Learned, split: Split, temperature: float | None = None) -> np.ndarray:
    """Predictions, calibrated unless another temperature is given."""
    outputs = learned.outputs
    if temperature is not None:
        outputs = dataclasses.replace(outputs, temperature=temperature)
    return np.asarray(outputs.predictions(learned.model(split.x, training=False)))


def tables(given: tuple[tuple[Path, str], ...], folder: Path) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yields names, tables and labels: those that are given as `--table`, else scikit-learn's."""
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
