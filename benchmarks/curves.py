"""Records the learning curves that `benchmarks.tuning` replays searches on: every point of a grid of specs.

Two classification tasks of scikit-learn with part of the labels of training and validation replaced at random, so
that training on for long, or at a wrong rate, costs something; the labels of the test split are clean. The seed
decides the noise, the validation split, the initial weights and the order.

    python -m benchmarks.curves digits breast_cancer --seeds 3    # about half an hour on a quiet machine

Trainings that are in the table already are not run again.
"""

import itertools
import time
from pathlib import Path

import click
import numpy as np

EPOCHS = 27
GRID = {
    "learning_rate.family": ["constant", "cosine", "one_cycle", "exponential"],
    "learning_rate.peak": [0.001, 0.004, 0.015, 0.06, 0.25, 1.0],
    "learning_rate.final_ratio": [0.001, 0.1],
    "plateau.patience": [2, 5],
    "plateau.factor": [0.2, 0.5],
    "batch_size": [16, 64],
}
TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.03},
    "batch_size": 16,
    "epochs": EPOCHS,
    "plateau": {"monitor": "val_loss", "patience": 5, "factor": 0.5, "max_actions": 3},
}
TABLE = Path(__file__).with_suffix(".npz")


def grid() -> list[dict]:
    """Every combination of values; a constant rate has no final ratio."""
    points = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    for point in points:
        if point["learning_rate.family"] == "constant":
            del point["learning_rate.final_ratio"]
    return [dict(point) for point in dict.fromkeys(tuple(point.items()) for point in points)]


def task(name: str, seed: int):
    """Training, validation (both with noise in their labels) and test data, and the number of classes."""
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    load, noise = {"digits": (load_digits, 0.2), "breast_cancer": (load_breast_cancer, 0.1)}[name]
    x, y = load(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    scaler = StandardScaler().fit(x)
    x, x_test = (scaler.transform(part).astype("float32") for part in (x, x_test))
    random, classes = np.random.default_rng(seed), len(np.unique(y))
    y = np.where(random.random(len(y)) < noise, random.integers(0, classes, len(y)), y)
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.2, random_state=seed)
    return (x, y), (x_val, y_val), (x_test, y_test), classes


def train(name: str, values: dict, seed: int) -> dict:
    """One training to the full horizon, or to where the plateau ends it.

    Returns:
        `val_loss` and `updates` (in all so far) by epoch, NaN after the last; `test_loss` and `test_error` of the
        best weights by validation loss; `seconds`.
    """
    import keras

    import schedules
    from schedules import space

    train_data, validation, test, classes = task(name, seed)
    spec, _ = space.from_hyperparameters({**TRAINING, "seed": seed}, {}, values)
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(train_data[0].shape[1:]),
            layers.Dense(64, "relu"),
            layers.Dropout(0.2),
            layers.Dense(classes, "softmax"),
        ]
    )
    began = time.perf_counter()
    result = schedules.fit(
        model, train_data, validation, spec, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    seconds = time.perf_counter() - began
    steps = np.ceil(np.diff([0, *result.history["examples_seen"]]) / result.history["batch_size"])
    # Few enough examples for numpy's own loss: no function to compile.
    probability = np.asarray(model(test[0]))[np.arange(len(test[1])), test[1]]
    errors = np.argmax(np.asarray(model(test[0])), axis=1) != test[1]
    padding = [np.nan] * (EPOCHS - len(steps))
    return {
        "val_loss": [*result.history["val_loss"], *padding],
        "updates": [*np.cumsum(steps), *padding],
        "test_loss": -np.log(np.maximum(probability, 1e-7)).mean(),
        "test_error": errors.mean(),
        "seconds": seconds,
    }


def read(path: Path = TABLE) -> dict[str, np.ndarray]:
    """The table: by `task/column` an array [points, seeds, …], NaN where a training is still to be run."""
    with np.load(path) as file:
        return dict(file)


@click.command(help=__doc__)
@click.argument("tasks", nargs=-1, required=True)
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--table", type=click.Path(path_type=Path), default=TABLE, show_default=True)
def main(tasks: tuple[str, ...], seeds: int, table: Path) -> None:
    """Fills the table, and saves it once in a while."""
    points = grid()
    columns = read(table) if table.exists() else {}
    shapes = {"val_loss": (EPOCHS,), "updates": (EPOCHS,), "test_loss": (), "test_error": (), "seconds": ()}
    for seed, name in itertools.product(range(seeds), tasks):
        for column, shape in shapes.items():
            key = f"{name}/{column}"
            if key not in columns:
                columns[key] = np.full((len(points), seeds, *shape), np.nan, "float32")
        for number, values in enumerate(points):
            if np.isnan(columns[f"{name}/seconds"][number, seed]):
                for column, value in train(name, values, seed).items():
                    columns[f"{name}/{column}"][number, seed] = value
            if number % 50 == 0 or number == len(points) - 1:
                np.savez_compressed(table, **columns)
                print(f"{name}, seed {seed}: {number + 1} of {len(points)}", flush=True)


if __name__ == "__main__":
    main()
