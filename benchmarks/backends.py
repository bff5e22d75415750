"""`rs.fit` against Keras' own `fit` with ReduceLROnPlateau and EarlyStopping, on each backend that is installed.

The models are those of `benchmarks.training`, on as many examples as scikit-learn's digits have, of random numbers,
which make no difference to the time. Every backend has a process of its own, in which both ways of training take
turns, each with one thread. Prints training examples per second of the median epoch after the first, which compiles;
validation counts as time, not as examples. For PyTorch, use the environment of `make torch-test`.

    .venv/bin/python -m benchmarks.backends [--rounds 5]
    KERAS_BACKEND=torch .compat/torch/bin/python -m benchmarks.backends --backend torch
"""

import importlib.util
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.epochs import EpochClock
from benchmarks.measuring.processes import cost_of
from benchmarks.measuring.table import Table

TRAIN, HELD_OUT, BATCH_SIZE = 1258, 270, 32
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
COMPILE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def mlp() -> keras.Model:
    """5,000 parameters."""
    inputs = keras.Input((64,))
    hidden = layers.Dropout(0.2)(layers.Dense(64, "relu")(inputs))
    return keras.Model(inputs, layers.Dense(10, "softmax")(hidden))


def cnn() -> keras.Model:
    """14,000 parameters."""
    inputs = keras.Input((64,))
    tensor = layers.Reshape((8, 8, 1))(inputs)
    for filters in (16, 32):
        tensor = layers.MaxPool2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor))
    hidden = layers.Dense(64, "relu")(layers.Flatten()(tensor))
    return keras.Model(inputs, layers.Dense(10, "softmax")(hidden))


def data(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers in [0, 1) and classes."""
    random = np.random.default_rng(seed)
    return random.random((count, 64), "float32"), random.integers(0, 10, count)


def keras_fit(build: Callable, epochs: int) -> list[float]:
    """Seconds of each epoch of Keras."""
    model, clock = build(), EpochClock()
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), **COMPILE)
    callbacks = [
        clock,
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3),
        keras.callbacks.EarlyStopping(patience=9999, restore_best_weights=True),
    ]
    model.fit(
        *data(TRAIN, 0),
        batch_size=BATCH_SIZE,
        validation_data=data(HELD_OUT, 1),
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
    )
    return clock.seconds()


def ours(build: Callable, epochs: int) -> list[float]:
    """Seconds of each epoch of `rs.fit`, with as many cuts."""
    spec = rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "learning_rate": {"family": "constant", "peak": 0.01},
            "epochs": epochs,
            "batch_size": BATCH_SIZE,
            "plateau": {"patience": 3, "action": "decay", "factor": 0.5, "max_actions": 9999},
        }
    )
    clock = EpochClock()
    rs.fit(build(), data(TRAIN, 0), data(HELD_OUT, 1), spec, **COMPILE, callbacks=clock)
    return clock.seconds()


def measure(rounds: int, epochs: int) -> None:
    """Both ways in turns, in this process; prints a JSON line per model."""
    for build in (mlp, cnn):
        seconds = defaultdict(list)
        for _ in range(rounds):
            for way in (keras_fit, ours):
                seconds[way.__name__] += way(build, epochs)
        click.echo(
            json.dumps({"model": build.__name__, **{k: statistics.median(v) for k, v in seconds.items()}})
        )


@benchmark
@size("--rounds", full=5, quick=1, type=click.IntRange(min=1), help="Trainings of each kind.")
@size("--epochs", full=10, quick=2, type=click.IntRange(min=2), help="Of a training.")
@size(
    "--backend",
    "backends",
    full=BACKENDS,
    quick=["jax"],
    type=click.Choice(["tensorflow", "jax", "torch"]),
    multiple=True,
    help="Backends of Keras; those that are installed by default.",
)
@click.option("--measure", "measures", is_flag=True, help="In this process, as JSON lines.")
def main(rounds: int, epochs: int, backends: tuple[str, ...], measures: bool) -> None:
    """Prints one row per backend and model."""
    if measures:
        measure(rounds, epochs)
        return
    table = Table(12, ("model", 8), ("keras fit", 14), ("rs.fit", 14), ("", 8))
    click.echo(table.heading())
    for backend in backends:
        command = [sys.executable, "-m", "benchmarks.backends", "--measure"]
        command += ["--rounds", str(rounds), "--epochs", str(epochs)]
        with tempfile.NamedTemporaryFile() as file:
            cost_of(command, Path(file.name), {**ONE_THREAD, "KERAS_BACKEND": backend})
            lines = Path(file.name).read_text(encoding="utf-8").splitlines()
        for found in (json.loads(line) for line in lines if line.startswith('{"model"')):
            stock, own = found["keras_fit"], found["ours"]
            cells = [f"{TRAIN / seconds:,.0f}/s" for seconds in (stock, own)]
            click.echo(table.row(backend, found["model"], *cells, f"{stock / own:.2f}x"))


if __name__ == "__main__":
    main()
