"""Records the learning curves that `benchmarks.tuning` replays searches on: every point of a grid of specs.

Two classification tasks of scikit-learn: digits, with a fifth of all labels drawn at random, so that training on for
long, or at a wrong rate, costs something; and breast_cancer, a table of 569 rows of 30 numbers, as it is. The seed
decides the noise, the validation split, the initial weights, dropout and the order.

    python -m benchmarks.curves    # about ten minutes on a quiet machine

All points with one batch size are trained at once, as one stack of matrices in numpy: the schedules, the plateau's
state machine and the order of the examples are the library's, the multilayer perceptron (64 units, dropout 0.2, SGD
with momentum) is written out here. A test trains some of the points with `rs.fit` and compares.
"""

import io
import itertools
import time
from pathlib import Path

import click
import numpy as np

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from reactive_schedules.plateau.machine import PlateauState, observe
from reactive_schedules.search import space
from reactive_schedules.training.order import order

EPOCHS = 27
UNITS, DROPOUT = 64, 0.2
GRID = {
    "learning_rate.family": ["constant", "cosine", "one_cycle", "exponential"],
    "learning_rate.peak": [float(f"{10**exponent:.2g}") for exponent in np.arange(-4, 0.6, 0.5)],
    "learning_rate.final_ratio": [0.001, 0.1],
    "optimizer.momentum": [0.0, 0.9],
    "plateau.patience": [2, 6],
    "batch_size": [16, 64, 256],
}
TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.01},
    "batch_size": 64,
    "epochs": EPOCHS,
    "plateau": {"monitor": "val_loss", "patience": 6, "factor": 0.2, "max_actions": 2},
}
PLAIN = {"learning_rate.family": "constant", "plateau.max_actions": 0}
"""A constant rate with early stopping and no reaction: what a search of the rate alone has to choose from."""
TABLE = Path(__file__).with_suffix(".npz")
TASKS = ("digits", "breast_cancer")


def grid() -> list[dict]:
    """Every combination of values; a constant rate has no final ratio, and is there without a reaction, too."""
    points = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    for point in [each for each in points if each["learning_rate.family"] == "constant"]:
        del point["learning_rate.final_ratio"]
        points.append(PLAIN | point)
    return [dict(point) for point in dict.fromkeys(tuple(sorted(point.items())) for point in points)]


def task(name: str, seed: int) -> tuple:
    """Training, validation and test data with noise in the labels, and the true labels of the test split."""
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    load, noise = {"digits": (load_digits, 0.2), "breast_cancer": (load_breast_cancer, 0.0)}[name]
    x, truth = load(return_X_y=True)
    random, classes = np.random.default_rng(seed), len(np.unique(truth))
    y = np.where(random.random(len(truth)) < noise, random.integers(0, classes, len(truth)), truth)
    x, x_test, y, y_test, _, truth = train_test_split(
        x, y, truth, test_size=0.3, random_state=0, stratify=truth
    )
    scaler = StandardScaler().fit(x)
    x, x_test = (scaler.transform(part).astype("float32") for part in (x, x_test))
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.25, random_state=seed)
    return (x, y), (x_val, y_val), (x_test, y_test), truth


def initial(features: int, classes: int, seed: int) -> list[np.ndarray]:
    """Glorot-uniform kernels, biases of 0."""
    random = np.random.default_rng(seed)
    sizes = [(features, UNITS), (UNITS, classes)]
    kernels = [random.uniform(-1, 1, size) * np.sqrt(6 / sum(size)) for size in sizes]
    return [
        array.astype("float32") for kernel in kernels for array in (kernel, np.zeros((1, kernel.shape[1])))
    ]


def forward(weights: list[np.ndarray], x: np.ndarray, keep: np.ndarray | None = None) -> tuple:
    """Hidden layer and probabilities of a stack of networks: shapes [networks, examples, ...]."""
    kernel, bias, out_kernel, out_bias = weights
    hidden = np.maximum(x @ kernel + bias, 0)
    if keep is not None:
        hidden = hidden * keep
    logits = hidden @ out_kernel + out_bias
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return hidden, powers / powers.sum(axis=-1, keepdims=True)


def losses(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean cross-entropy of each network."""
    _, probability = forward(weights, x)
    return -np.log(np.maximum(probability[:, np.arange(len(y)), y], 1e-7)).mean(axis=-1)


def gradients(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray, keep: np.ndarray) -> list[np.ndarray]:
    """Of the mean cross-entropy."""
    hidden, error = forward(weights, x, keep)
    error[:, np.arange(len(y)), y] -= 1
    error /= len(y)
    back = (error @ weights[2].swapaxes(1, 2)) * keep * (hidden > 0)
    return [
        x.T @ back,
        back.sum(axis=1, keepdims=True),
        hidden.swapaxes(1, 2) @ error,
        error.sum(axis=1, keepdims=True),
    ]


def train(data: tuple, points: list[dict], seed: int, dropout: float = DROPOUT) -> dict[str, np.ndarray]:
    """Trains points that share a batch size, each to the horizon or to where its plateau ends it.

    Returns:
        `val_loss` [points, epochs], NaN after the last; of the best weights by it, `test_loss` and `test_error` (by
        the true labels) [points].
    """
    (x, y), validation, test, truth = data
    specs = [space.from_hyperparameters(TRAINING, {}, point)[0] for point in points]
    (batch,) = {spec.batch_size for spec in specs}
    horizon = rs.Horizon.of_examples(len(x), batch_size=batch, epochs=EPOCHS)
    steps = np.arange(horizon.total_steps)
    rates = np.stack([spec.learning_rate.resolve(horizon)(steps) for spec in specs]).astype("float32")
    momentum = np.array([spec.optimizer.model_dump()["momentum"] for spec in specs], "float32").reshape(
        -1, 1, 1
    )
    states = [PlateauState.start(spec.plateau, batch, len(x)) for spec in specs]
    weights = [np.repeat(each[None], len(points), axis=0) for each in initial(x.shape[1], y.max() + 1, seed)]
    slots, best = [np.zeros_like(each) for each in weights], [each.copy() for each in weights]
    curve = np.full((len(points), EPOCHS), np.nan, "float32")
    alive = np.arange(len(points))
    random = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        visited = order(len(x), seed, epoch)
        multiplier = np.array([states[point].multiplier for point in alive], "float32")
        for step, begin in enumerate(range(0, len(x), batch), epoch * horizon.steps_per_epoch):
            chosen = visited[begin : begin + batch]
            keep = (random.random((len(chosen), UNITS)) >= dropout).astype("float32") / (1 - dropout)
            rate = (rates[alive, step] * multiplier).reshape(-1, 1, 1)
            for each, slot, gradient in zip(
                weights, slots, gradients(weights, x[chosen], y[chosen], keep), strict=True
            ):
                slot *= momentum[alive]
                slot -= rate * gradient
                each += slot
        curve[alive, epoch] = losses(weights, *validation)
        for place, point in enumerate(alive):
            states[point], decision = observe(states[point], float(curve[point, epoch]))
            for each, kept in zip(weights, best, strict=True):
                if decision.improved:
                    kept[point] = each[place]
                if decision.restore:
                    each[place] = kept[point]
        going = np.array([not states[point].stopped for point in alive])
        alive = alive[going]
        weights, slots = ([each[going] for each in part] for part in (weights, slots))
        if not len(alive):
            break
    wrong = forward(best, test[0])[1].argmax(axis=-1) != truth
    return {"val_loss": curve, "test_loss": losses(best, *test), "test_error": wrong.mean(axis=-1)}


def read(path: Path = TABLE) -> dict[str, np.ndarray]:
    """The table: by `task/column`, arrays [points, seeds, ...]."""
    with np.load(path) as file:
        return dict(file)


@benchmark
@click.argument("tasks", nargs=-1, type=click.Choice(TASKS))
@size("--seeds", full=5, quick=2, type=click.IntRange(min=2), help="Trainings of each point.")
@size(
    "--every", full=1, quick=160, type=click.IntRange(min=1), help="Trains each so many-th point of the grid."
)
@size("--table", full=TABLE, quick=None, type=click.Path(path_type=Path), help="Where the curves go.")
def main(tasks: tuple[str, ...], seeds: int, every: int, table: Path | None) -> None:
    """Fills the table with the curves of TASKS, by default of all."""
    tasks = tasks or TASKS
    points = grid()[::every]
    by_batch = {
        size: [i for i, point in enumerate(points) if point["batch_size"] == size]
        for size in GRID["batch_size"]
    }
    before = read(table) if table and table.exists() else {}
    columns = {key: values for key, values in before.items() if key.split("/")[0] not in tasks}
    for name, seed in itertools.product(tasks, range(seeds)):
        data, began = task(name, seed), time.perf_counter()
        for rows in by_batch.values():
            with np.errstate(all="ignore"):  # some rates are far too high
                found = train(data, [points[row] for row in rows], seed)
            for column, values in found.items():
                shape = (len(points), seeds, *values.shape[1:])
                place = columns.setdefault(f"{name}/{column}", np.full(shape, np.nan, "float32"))
                place[rows, seed] = values
        columns[f"{name}/examples"] = np.array(len(data[0][1]))
        seconds = time.perf_counter() - began
        click.echo(f"{name}, seed {seed}: {len(points)} trainings in {seconds:.0f} s")
        np.savez_compressed(
            table or io.BytesIO(), **{key: np.round(values, 4) for key, values in columns.items()}
        )


if __name__ == "__main__":
    main()
