"""Early stopping as a trigger: VGG16 on CIFAR-10, with cuts of the learning rate, growth of the batch, or both.

SGD with momentum 0.9 at 0.001. When the validation loss has not improved for some epochs, the best weights are
restored. Then `decay` cuts the rate to a quarter, `grow` makes the batch four times as large, and `hybrid` does first
the latter, then the former; each acts twice at most. `constant` stops at the first plateau. Needs the library, Keras,
any of its backends, and Pillow; matplotlib draws the picture.

    python examples/cifar10.py IMAGES --output cifar10

IMAGES holds `train` and `test`, each with a folder of JPEG or PNG files for every class. See `--help` for a smaller
training.
"""

import json
import time
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
from keras import layers
from PIL import Image

import reactive_schedules as rs

GROWTH = 4
POLICIES = {
    "constant": {"max_actions": 0},
    "decay": {"action": "decay"},
    "grow": {"action": "grow"},
    "hybrid": {"action": "hybrid"},
}
COLOURS = {"constant": "#9aa5b1", "decay": "#c8553d", "grow": "#7a5195", "hybrid": "#1f6f8b"}


def read(folder: Path, per_class: int | None = None, side: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Images as uint8 of shape [images, side, side, 3], and the numbers of their classes, shuffled.

    Raises:
        click.UsageError: There is no folder with images.
    """
    classes = sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    images, labels = [], []
    for number, kind in enumerate(classes):
        files = sorted(each for each in kind.iterdir() if each.suffix in (".jpg", ".jpeg", ".png"))
        for file in files[:per_class]:
            with Image.open(file) as image:
                images.append(np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BOX)))
            labels.append(number)
    if not images:
        raise click.UsageError(
            f"{folder}: holds no folder of images for each class; name the folder above it"
        )
    order = np.random.default_rng(0).permutation(len(images))
    return np.stack(images)[order], np.array(labels)[order]


def vgg16(width: int, side: int, classes: int, seed: int) -> keras.Model:
    """VGG16 with batch normalisation for small images (arXiv 1409.1556, table 1, D), `width` filters first."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((side, side, 3), dtype="uint8")
    tensor = layers.Rescaling(1 / 127.5, -1)(inputs)
    for factor, depth in ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3)):
        for _ in range(depth):
            tensor = layers.Conv2D(factor * width, 3, padding="same", use_bias=False)(tensor)
            tensor = layers.ReLU()(layers.BatchNormalization()(tensor))
        tensor = layers.MaxPooling2D(padding="same")(tensor)
    tensor = layers.Dropout(0.5)(layers.Dense(8 * width, "relu")(layers.Flatten()(tensor)))
    return keras.Model(inputs, layers.Dense(classes, "softmax")(tensor))


def spec_of(policy: str, batch_size: int, patience: int, epochs: int, seed: int) -> rs.TrainingSpec:
    """The training spec of a policy."""
    plateau = {"monitor": "val_loss", "patience": patience, "factor": 0.25, "max_actions": 2}
    plateau |= {"growth": GROWTH, "max_batch_size": batch_size * GROWTH ** (1 if policy == "hybrid" else 2)}
    return rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "learning_rate": {"family": "constant", "peak": 0.001},
            "batch_size": batch_size,
            "epochs": epochs,
            "plateau": plateau | POLICIES[policy],
            "seed": seed,
        }
    )


def train(
    policy: str, data: Any, validation: Any, test: Any, width: int, chosen: rs.TrainingSpec
) -> dict[str, Any]:
    """Trains with one policy; returns what it came to, as plain data."""
    began = time.perf_counter()
    model = vgg16(width, data[0].shape[1], int(data[1].max()) + 1, chosen.seed or 0)
    result = rs.fit(
        model,
        data,
        validation,
        chosen,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        on_epoch=lambda end: click.echo(_line(policy, end)),
    )
    _, accuracy = model.evaluate(*test, verbose=0)
    return {
        "policy": policy,
        "test_accuracy": float(accuracy),
        "phases": phases(result),
        "updates": result.updates,
        "epochs": len(result.history["loss"]),
        "seconds": time.perf_counter() - began,
        "history": result.history,
        "decisions": result.decisions,
    }


def phases(result: rs.FitResult) -> list[float]:
    """Validation accuracy at the best validation loss so far: before each action, and in the end."""
    losses, accuracies = result.history["val_loss"], result.history["val_accuracy"]
    ends = [each["epoch"] + 1 for each in result.decisions if each["kind"] != "stop"]
    return [accuracies[int(np.argmin(losses[:end]))] for end in [*ends, len(losses)]]


def picture(runs: list[dict[str, Any]], path: Path) -> None:
    """Draws accuracy, rate and batch of each policy by epoch, with its actions as points."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 7), layout="constrained")
    panels = figure.subplots(3, sharex=True, height_ratios=[3, 1.3, 1.3])
    names = {
        "val_accuracy": "validation accuracy",
        "learning_rate": "learning rate",
        "batch_size": "batch size",
    }
    for place, run in enumerate(runs):
        epochs, colour = range(1, run["epochs"] + 1), COLOURS[run["policy"]]
        width = 1.6 + 1.6 * (len(runs) - 1 - place)  # the first epochs of all runs are the same
        for axes, name in zip(panels, names, strict=True):
            drawstyle = "default" if name == "val_accuracy" else "steps-mid"
            axes.plot(
                epochs, run["history"][name], color=colour, lw=width, drawstyle=drawstyle, label=run["policy"]
            )
        for each in run["decisions"]:
            marker = {"grow": "^", "stop": "s"}.get(each["kind"], "v")
            at = run["history"]["val_accuracy"][each["epoch"]]
            panels[0].plot(each["epoch"] + 1, at, marker, color=colour, markersize=8)
    for axes, title in zip(panels, names.values(), strict=True):
        axes.set_ylabel(title)
        axes.grid(color="#e6e6e6", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    panels[1].set_yscale("log")
    panels[2].set_yscale("log", base=2)
    panels[2].yaxis.set_major_formatter("{x:.0f}")
    panels[2].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].legend(frameon=False, title="▼ cut   ▲ growth   ■ stop")
    panels[-1].set_xlabel("epoch")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def table(runs: list[dict[str, Any]]) -> str:
    """The runs as a table in Markdown."""
    lines = [
        "| | before | after the first action | after the second | test accuracy | updates | epochs | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        shown = [f"{100 * each:.1f}" for each in run["phases"]] + ["–"] * (3 - len(run["phases"]))
        cells = [*shown, f"{100 * run['test_accuracy']:.1f}", f"{run['updates']:,}", run["epochs"]]
        lines.append(f"| {run['policy']} | {' | '.join(map(str, cells))} | {run['seconds']:.0f} |")
    return "\n".join(lines)


def _line(policy: str, end: rs.EpochEnd) -> str:
    logs, acts = end.logs, end.decision and end.decision.kind
    return (
        f"{policy} epoch {end.epoch + 1}: val_loss {logs['val_loss']:.4f}, val_accuracy {logs['val_accuracy']:.4f}, "
        f"rate {logs['learning_rate']:.2g}, batch {logs['batch_size']}, {end.seconds:.0f} s"
        + (f": {acts}" if acts != "continue" else "")
    )


@click.command()
@click.argument("images", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--width", default=64, show_default=True, help="Filters of the first block; VGG16 has 64.")
@click.option("--side", default=32, show_default=True, help="Pixels of a side to which images are scaled.")
@click.option("--per-class", type=int, help="Training images per class to use; all by default.")
@click.option("--batch-size", default=128, show_default=True, help="Batch size at the start.")
@click.option("--patience", default=10, show_default=True, help="Epochs without improvement.")
@click.option("--epochs", default=200, show_default=True, help="Epochs at most.")
@click.option("--seed", default=0, show_default=True, help="Seed of weights, dropout and order.")
@click.option("--policy", "policies", multiple=True, type=click.Choice([*POLICIES]), help="All by default.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Write OUTPUT.json and the picture OUTPUT.png."
)
def main(
    images: Path,
    width: int,
    side: int,
    per_class: int | None,
    batch_size: int,
    patience: int,
    epochs: int,
    seed: int,
    policies: tuple[str, ...],
    output: Path | None,
) -> None:
    """Trains on the folder IMAGES with each policy, and prints a table."""
    (x, y), test = (read(images / split, per_class, side) for split in ("train", "test"))
    held_out = max(1, len(x) // 10)
    validation, data = (x[:held_out], y[:held_out]), (x[held_out:], y[held_out:])
    sizes = f"{len(data[0]):,} images to train, {held_out:,} to validate, {len(test[0]):,} to test"
    click.echo(f"{keras.backend.backend()}: {sizes}")
    runs = []
    for policy in policies or POLICIES:
        chosen = spec_of(policy, batch_size, patience, epochs, seed)
        runs.append(train(policy, data, validation, test, width, chosen))
    click.echo(table(runs))
    if output:
        output.with_suffix(".json").write_text(json.dumps(runs, indent=1), encoding="utf-8")
        picture(runs, output.with_suffix(".png"))


if __name__ == "__main__":
    main()
