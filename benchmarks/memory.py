"""What a training leaves in memory when it has ended: MiB per call of `fit`, ours and Keras' own.

    python -m benchmarks.memory [--calls 30]

Each call builds the same small network and trains it on the same arrays, in this process, one side after the other.
Resident memory is read after garbage collection; the first calls, which fill the caches of TensorFlow, do not count.
"""

import gc
from collections.abc import Callable

import click
import keras
import numpy as np

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from reactive_schedules.search.executor.machine import resident

SPEC = rs.TrainingSpec.parse(
    {
        "learning_rate": {"family": "constant", "peak": 0.01},
        "plateau": {"patience": 2},
        "batch_size": 32,
        "epochs": 4,
    }
)
WARM_UP = 3  # calls


@benchmark
@size("--calls", full=30, quick=2, type=click.IntRange(min=1), help="Calls of each side.")
def main(calls: int) -> None:
    """Compares what the two leave behind."""
    x = np.random.default_rng(0).normal(size=(512, 16)).astype("float32")
    y = x.sum(axis=1) > 0

    def ours() -> None:
        rs.fit(compiled(), (x, y), (x, y), SPEC)

    def by_keras() -> None:
        compiled().fit(
            x, y, batch_size=SPEC.batch_size, epochs=SPEC.epochs, validation_data=(x, y), verbose=0
        )

    table = Table(10, ("MiB/call", 10))
    click.echo(table.heading())
    for name, train in {"ours": ours, "Keras": by_keras}.items():
        click.echo(table.row(name, f"{growth(train, calls):.2f}"))


def compiled() -> keras.Model:
    """A small network."""
    model = keras.Sequential(
        [keras.Input((16,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def growth(train: Callable[[], None], calls: int) -> float:
    """MiB that resident memory grows by with each call."""
    for _ in range(WARM_UP):
        train()
    gc.collect()
    before = resident()
    for _ in range(calls):
        train()
    gc.collect()
    return (resident() - before) / 2**20 / calls


if __name__ == "__main__":
    main()
