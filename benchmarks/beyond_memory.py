"""Training on data beyond memory, from its parsed copy on disk, against training on the same data in memory.

    python -m benchmarks.beyond_memory [--rounds 3]

The data: scikit-learn's digits, repeated; a table of 13 numbers a row; and images of 32 × 32 pixels in three colors, as
Transform decodes them. The pipeline's default model trains on them in batches of 32, validates on a tenth of them, and
runs in one thread. Each training is a process of its own; the one from disk has a budget of 16 MiB. Prints training
examples per second by the median epoch after the first, which traces; validation counts as time, not as examples. CPU
is the processor time of an example in the median epoch, which other programs disturb less. Then, how long it takes
until the training can start, from disk for the first time and with the copy there, and the peak of resident memory,
libraries included.
"""

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf
from sklearn.datasets import load_digits
from tfx.types import standard_artifacts
from tfx_bsl.coders import example_coder

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.processes import cost_of
from benchmarks.measuring.table import Table
from components import shards
from components.features import LABEL, Input, LabelFeature, ModelSchema
from components.learning.splits import MEMORY_BUDGET, read_split
from pipeline.models import build_model

BUDGETS = {"memory": MEMORY_BUDGET, "disk": 2**24}
SHAPES = {"digits": (64,), "table": (13,), "images": (32, 32, 3)}
SHARDS = 4


class Transformed:
    """What reading asks of a `TFTransformOutput`."""

    def __init__(self, data: str):
        self._shape = SHAPES[data]

    def transformed_feature_spec(self) -> dict:
        """Features of the files."""
        return {
            "x": tf.io.FixedLenFeature(self._shape, tf.float32),
            LABEL: tf.io.FixedLenFeature([1], tf.int64),
        }


def blocks(data: str, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Inputs, flat, and labels."""
    random, pixels, digits = np.random.default_rng(0), *load_digits(return_X_y=True)
    for first in range(0, count, 1000):
        rows = min(1000, count - first)
        chosen = np.arange(first, first + rows) % len(digits)
        x = pixels[chosen] / 16 if data == "digits" else random.normal(size=(rows, np.prod(SHAPES[data])))
        yield x.astype("float32"), digits[chosen]


def write(folder: Path, data: str, examples: int) -> None:
    """Training and validation examples as Transform writes them."""
    encoder = example_coder.RecordBatchToExamplesEncoder()

    def encoded(count: int) -> Iterator[bytes]:
        for x, y in blocks(data, count):
            columns = (("x", x.ravel(), x.shape[1]), (LABEL, y, 1))
            lists = {
                name: pa.ListArray.from_arrays(
                    pa.array(np.arange(len(y) + 1, dtype="int32") * width), pa.array(values)
                )
                for name, values, width in columns
            }
            yield from encoder.encode(pa.record_batch(lists))

    for split, count in (("train", examples), ("eval", examples // 10)):
        for index in range(SHARDS):
            shards.write(
                f"{folder}/Split-{split}/{shards.name(index, SHARDS)}", encoded(max(1, count // SHARDS))
            )


def measure(folder: Path, data: str, way: str, epochs: int) -> None:
    """One training in this process; prints what it took as JSON."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), '["train", "eval"]'
    begun = time.perf_counter()
    train, validation = (
        read_split([artifact], Transformed(data), split, BUDGETS[way]).data for split in ("train", "eval")
    )
    read = time.perf_counter() - begun
    spec = rs.TrainingSpec.parse(
        {"learning_rate": {"family": "cosine", "peak": 0.01}, "epochs": epochs, "batch_size": 32}
    )
    schema = ModelSchema(
        {"x": Input(SHAPES[data], "float32")}, LabelFeature("digit", "classification", tuple(range(10)))
    )
    keras.utils.set_random_seed(0)
    seconds, cpu = [], []

    def on_epoch(end: rs.EpochEnd) -> None:
        seconds.append(end.seconds)
        cpu.append(time.process_time())

    result = rs.fit(
        build_model({}, schema),
        train,
        validation,
        spec,
        loss="sparse_categorical_crossentropy",
        on_epoch=on_epoch,
    )
    count = result.history["examples_seen"][0]
    rate, taken = count / statistics.median(seconds[1:]), statistics.median(np.diff(cpu)) / count
    click.echo(json.dumps({"rate": rate, "cpu": taken, "read": read}))


@benchmark
@size("--rounds", full=3, quick=1, type=click.IntRange(min=1), help="Trainings of each kind.")
@size("--epochs", full=5, quick=2, type=click.IntRange(min=2), help="Of a training.")
@size("--data", full=[*SHAPES], quick=["digits"], type=click.Choice([*SHAPES]), multiple=True, help="Kinds.")
@size("--digits", full=200_000, quick=100, type=click.IntRange(min=10), help="Number of digits.")
@size("--table", full=1_000_000, quick=100, type=click.IntRange(min=10), help="Rows of the table.")
@size("--images", full=20_000, quick=50, type=click.IntRange(min=10), help="Number of images.")
@click.option("--measure", "measured", nargs=3, hidden=True)
def main(
    rounds: int, epochs: int, data: tuple[str, ...], measured: tuple[str, str, str] | None, **counts: int
) -> None:
    """Prints a row for each kind of data."""
    if measured:
        folder, kind, way = measured
        measure(Path(folder), kind, way, epochs)
        return
    columns = ("memory", "disk", "disk / memory", "CPU: memory", "disk", "disk / memory")
    table = Table(8, ("examples", 10), *((heading, 15) for heading in columns))
    click.echo(table.heading())
    for kind in data:
        examples = counts[kind]
        found = defaultdict(list)
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), kind, examples)
            # The first training from disk makes the copy; only its reading counts.
            first = one(folder, kind, "disk", 2)["read"]
            for _ in range(rounds):
                for way in BUDGETS:
                    for what, value in one(folder, kind, way, epochs).items():
                        found[what, way].append(value)
        median = {key: statistics.median(values) for key, values in found.items()}
        rate, cpu, read, peak = (
            [median[what, way] for way in BUDGETS] for what in ("rate", "cpu", "read", "peak")
        )
        click.echo(
            table.row(
                kind,
                f"{examples:,}",
                *(f"{value:,.0f}/s" for value in rate),
                f"{rate[1] / rate[0]:.2f}",
                *(f"{1e6 * value:.1f} µs" for value in cpu),
                f"{cpu[1] / cpu[0]:.2f}",
            )
        )
        click.echo(
            f"        starts after {read[0]:.1f} s, from disk {first:.1f} s, again {read[1]:.1f} s; "
            f"peak {peak[0]:,.0f} MB, from disk {peak[1]:,.0f} MB"
        )


def one(folder: str, data: str, way: str, epochs: int) -> dict[str, float]:
    """Trains in a process of its own; `rate`, `cpu` (seconds per example), `read` (seconds) and `peak` (megabytes)."""
    with tempfile.NamedTemporaryFile() as log:
        command = [sys.executable, "-m", "benchmarks.beyond_memory", "--epochs", str(epochs), "--measure"]
        cost = cost_of([*command, folder, data, way], Path(log.name), {"TF_NUM_INTRAOP_THREADS": "1"})
        lines = Path(log.name).read_text(encoding="utf-8").splitlines()
    return {**next(json.loads(line) for line in lines if line.startswith('{"rate"')), "peak": cost.peak}


if __name__ == "__main__":
    main()
