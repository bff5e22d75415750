"""What early-stopping-driven decay, growth and both are worth on scikit-learn's digits.

A small VGG-style network, SGD with momentum, a constant step schedule; what is done at a plateau of the
validation loss differs: nothing (constant), a cut of the rate to a quarter (decay), a batch four times as
large up to a tenth of the data (grow), or one growth and then cuts (hybrid). Two actions at most; the next
plateau stops. Accuracy is that of the best weights by validation loss, on a held-out test split.

    python -m benchmarks.early_stopping --seeds 5 --picture early_stopping.png
    python -m benchmarks.early_stopping --seeds 5 --slots        # keep, reset or restore the momentum
"""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click
import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from reactive_schedules.ahead.drawing import new_figure, save

BATCH_SIZE, PATIENCE = 16, 3
PLATEAU = {"monitor": "val_loss", "patience": PATIENCE, "factor": 0.25, "growth": 4.0, "max_actions": 2}
METHODS = {
    "constant": {**PLATEAU, "patience": 1000},
    "decay": {**PLATEAU, "action": "decay"},
    "grow": {**PLATEAU, "action": "grow"},
    "hybrid": {**PLATEAU, "action": "hybrid", "max_batch_size": 4 * BATCH_SIZE},
}
SLOTS = {
    f"{action}, {slots}": {**METHODS[action], "slots": slots}
    for action in ("decay", "grow")
    for slots in ("keep", "reset", "restore")
}
TABLE = Table(16, ("accuracy", 14), ("updates", 9), ("", 8), ("seconds", 8), ("epochs", 8))
COLORS = ["#9aa5b1", "#c8553d", "#7a5195", "#1f6f8b"]


class Run(NamedTuple):
    """One training: test accuracy in percent, training steps, seconds, and what `rs.fit` gave back."""

    accuracy: float
    updates: int
    seconds: float
    result: rs.FitResult


def network(seed: int) -> keras.Model:
    """Two blocks of two 3x3 convolutions and a pooling, and a dense layer: 51,000 parameters."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    blocks = [
        layer
        for filters in (16, 32)
        for layer in (
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.MaxPool2D(),
        )
    ]
    head = [layers.Flatten(), layers.Dense(64, "relu"), layers.Dropout(0.3), layers.Dense(10, "softmax")]
    return keras.Sequential([keras.Input((8, 8, 1)), *blocks, *head])


def splits(seed: int) -> tuple:
    """Training (1,005), validation (252) and test (540) images."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).reshape(-1, 8, 8, 1).astype("float32")
    x, x_test, y, y_test = train_test_split(images, labels, test_size=540, random_state=0, stratify=labels)
    x, x_val, y, y_val = train_test_split(x, y, test_size=252, random_state=seed, stratify=y)
    return (x, y), (x_val, y_val), (x_test, y_test)


def run(plateau: Mapping, seed: int, rate: float, epochs: int, examples: int) -> Run:
    """One training with one seed (of the validation split, the weights, dropout and the order)."""
    (x, y), validation, test = splits(seed)
    spec = rs.TrainingSpec.model_validate(
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "learning_rate": {"family": "constant", "peak": rate},
            "batch_size": BATCH_SIZE,
            "epochs": epochs,
            "plateau": plateau,
            "seed": seed,
        }
    )
    model, began = network(seed), time.perf_counter()
    compiled = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    result = rs.fit(model, (x[:examples], y[:examples]), validation, spec, **compiled)
    seconds = time.perf_counter() - began
    _, accuracy = model.evaluate(*test, batch_size=540, verbose=0)
    return Run(100 * accuracy, result.updates, seconds, result)


def row(name: str, runs: list[Run], updates_of_decay: float | None) -> str:
    """One line of the table: means over the seeds."""
    accuracies = [run.accuracy for run in runs]
    spread = statistics.stdev(accuracies) if len(runs) > 1 else 0.0
    updates = statistics.mean(run.updates for run in runs)
    share = f"{100 * updates / updates_of_decay:.0f} %" if updates_of_decay else ""
    actions = [[d["epoch"] + 1 for d in run.result.decisions] for run in runs]
    nth = [[epochs[i] for epochs in actions if len(epochs) > i] for i in range(3)]
    when = ", ".join(f"{statistics.mean(epochs):.0f} ({len(epochs)})" for epochs in nth if epochs)
    seconds = statistics.mean(run.seconds for run in runs)
    epochs = statistics.mean(len(run.result.history["loss"]) for run in runs)
    accuracy = f"{statistics.mean(accuracies):.2f} ± {spread:4.2f}"
    line = TABLE.row(name, accuracy, f"{updates:.0f}", share, f"{seconds:.1f}", f"{epochs:.0f}")
    return f"{line}   {when}"


def picture(runs: Mapping[str, list[Run]], path: Path) -> None:
    """Validation accuracy, and the noise scale's two parts, of the first seed by epoch and by update."""
    figure = new_figure(9.0, 6.0)
    axes = figure.subplots(2, 2, sharey="row", sharex="col")
    for (name, (first, *_)), color in zip(runs.items(), COLORS, strict=False):
        history = first.result.history
        epochs = np.arange(1, len(history["loss"]) + 1)
        steps = np.cumsum(np.ceil(np.diff([0, *history["examples_seen"]]) / history["batch_size"]))
        noise = np.array(history["learning_rate"]) / history["batch_size"]
        for column, at in enumerate((epochs, steps)):
            axes[0, column].plot(at, history["val_loss"], color=color, label=name)
            axes[1, column].step(at, noise, where="mid", color=color, label=name)
    axes[0, 0].set(ylabel="validation loss", yscale="log")
    axes[1, 0].set(ylabel="learning rate / batch size", xlabel="epoch", yscale="log")
    axes[1, 1].set_xlabel("updates")
    for each in axes.flat:
        each.grid(color="#e6e6e6", linewidth=0.6)
        each.spines[["top", "right"]].set_visible(False)
    axes[0, 0].legend(frameon=False)
    save(figure, path)


@benchmark
@size("--seeds", full=5, quick=1, type=click.IntRange(min=1), help="Trainings of each method.")
@size("--epochs", full=60, quick=2, type=click.IntRange(min=2), help="Of a training, at most.")
@size("--examples", full=1005, quick=160, type=click.IntRange(160, 1005), help="To train on.")
@click.option(
    "--rate", type=float, default=0.05, show_default=True, help="Learning rate before the first cut."
)
@click.option("--slots", is_flag=True, help="Compare what is done with the momentum at an action.")
@click.option(
    "--picture", "path", type=click.Path(path_type=Path), help="Where to draw the first seed's runs."
)
def main(seeds: int, epochs: int, examples: int, rate: float, slots: bool, path: Path | None) -> None:
    """Prints one line per method."""
    methods = SLOTS if slots else METHODS
    runs: dict[str, list[Run]] = {name: [] for name in methods}
    for seed in range(seeds):
        for name, plateau in methods.items():
            runs[name].append(run(plateau, seed, rate, epochs, examples))
    click.echo(f"{TABLE.heading()}   decisions after epoch (runs)")
    decay = statistics.mean(run.updates for run in runs["decay"]) if "decay" in runs else None
    for name, of_seeds in runs.items():
        click.echo(row(name, of_seeds, decay))
    if path:
        picture(runs, path)


if __name__ == "__main__":
    main()
