"""The Trainer's loop against what a Keras and a TFX user would write, and what its extras cost.

Alternates between (a) Keras' own fit with ReduceLROnPlateau and EarlyStopping on the same arrays,
(b) the same fit fed by the `input_fn` of TFX's templates (`data_accessor.tf_dataset_factory`) from the same
TFRecords, and the Trainer's training of the same files, in memory and streamed, with checkpoints, decision log,
TensorBoard and live line. The data are scikit-learn's digits, once as they are and once repeated, since what an
epoch costs besides its steps weighs more in a short one. Every round has a process in which TensorFlow spreads an
operation over all cores, and one in which it does not (`threads: 1`, as in examples/digits.yaml). Prints training
examples per second by the median epoch after the first, which traces; validation counts as time, not as examples.

    python -m benchmarks.training [--rounds 3]
"""

import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import keras
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from tfx.components.util import tfxio_utils
from tfx.types import standard_artifacts
from tfx_bsl.tfxio import dataset_options

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.epochs import EpochClock
from benchmarks.measuring.processes import cost_of
from benchmarks.measuring.table import Table
from components.features import LABEL
from components.learning.attempt import EVERY_STEPS
from components.learning.splits import MEMORY_BUDGET, Arrays, read_split
from components.trainer.live import Live
from components.trainer.tensorboard import TensorBoardLog
from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.training.store import RunStore

TRAIN, HELD_OUT = 1258, 270  # of 1,797 digits, as in the pipeline
BATCH_SIZE = 32
COMPILE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
FEATURES = {"x": tf.io.FixedLenFeature([64], tf.float32), LABEL: tf.io.FixedLenFeature([1], tf.int64)}
THREADS = {"all": {}, "1": {"TF_NUM_INTRAOP_THREADS": "1"}}
EPOCH_S = 2.0
"""The epoch that the extras' cost is set against."""


class Job(NamedTuple):
    """Sizes: examples to train on, how often they and the held-out ones are there, epochs."""

    examples: int
    copies: int
    epochs: int

    @property
    def total(self) -> int:
        """Examples of an epoch."""
        return self.examples * self.copies


class Transformed:
    """What reading asks of a `TFTransformOutput`."""

    def transformed_feature_spec(self) -> dict:
        """Features of the files."""
        return dict(FEATURES)


def write(folder: str, job: Job) -> list:
    """The examples as Transform writes them; returns the artifact."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = folder, '["train", "eval"]'
    pixels, digits = load_digits(return_X_y=True)
    for name, part in (("train", slice(job.examples)), ("eval", slice(TRAIN, TRAIN + HELD_OUT))):
        path = Path(folder, f"Split-{name}")
        path.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path / "examples-00000-of-00001.gz"), "GZIP") as writer:
            for row, label in [*zip(pixels[part] / 16, digits[part], strict=True)] * job.copies:
                example = tf.train.Example()
                example.features.feature["x"].float_list.value.extend(row)
                example.features.feature[LABEL].int64_list.value.append(label)
                writer.write(example.SerializeToString())
    return [artifact]


def mlp() -> keras.Model:
    """5,000 parameters."""
    inputs = keras.Input((64,), name="x")
    hidden = layers.Dropout(0.2)(layers.Dense(64, "relu")(inputs))
    return keras.Model({"x": inputs}, layers.Dense(10, "softmax")(hidden))


def cnn() -> keras.Model:
    """14,000 parameters."""
    inputs = keras.Input((64,), name="x")
    tensor = layers.Reshape((8, 8, 1))(inputs)
    for filters in (16, 32):
        tensor = layers.MaxPool2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor))
    hidden = layers.Dense(64, "relu")(layers.Flatten()(tensor))
    return keras.Model({"x": inputs}, layers.Dense(10, "softmax")(hidden))


def stock(build: Callable, training: dict, validation: object, epochs: int, **steps: int) -> float:
    """Seconds of Keras' median epoch."""
    model, clock = build(), EpochClock()
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), **COMPILE)
    stop = keras.callbacks.EarlyStopping(patience=99, restore_best_weights=True)
    callbacks = [clock, keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3), stop]
    model.fit(**training, validation_data=validation, epochs=epochs, callbacks=callbacks, verbose=0, **steps)
    return statistics.median(clock.seconds())


def keras_fit(build: Callable, artifact: list, job: Job) -> float:
    """(a): arrays in memory."""
    (x, y), (x_eval, y_eval) = (in_memory(artifact, name) for name in ("train", "eval"))
    return stock(build, {"x": x, "y": y, "batch_size": BATCH_SIZE}, (x_eval, y_eval), job.epochs)


def in_memory(artifact: list, split: str) -> Arrays:
    """A split as arrays."""
    data = read_split(artifact, Transformed(), split).data
    assert isinstance(data, tuple)
    return data


def template(build: Callable, artifact: list, job: Job) -> float:
    """(b): the template's `input_fn`."""
    from tensorflow_transform.tf_metadata import schema_utils

    factory = tfxio_utils.get_tf_dataset_factory_from_artifact(artifact, [])
    schema = schema_utils.schema_from_feature_spec(FEATURES)
    options = dataset_options.TensorFlowDatasetOptions(batch_size=BATCH_SIZE, label_key=LABEL)
    training, validation = (
        factory([f"{artifact[0].uri}/Split-{name}/*"], options, schema).repeat() for name in ("train", "eval")
    )
    return stock(
        build,
        {"x": training},
        validation,
        job.epochs,
        steps_per_epoch=-(-job.total // BATCH_SIZE),
        validation_steps=-(-HELD_OUT * job.copies // BATCH_SIZE),
    )


def trainer(build: Callable, artifact: list, job: Job, budget: int, extras: list[float]) -> float:
    """Seconds of our median epoch; adds the seconds that each epoch waited for its extras to `extras`."""
    training, validation = (
        read_split(artifact, Transformed(), name, budget).data for name in ("train", "eval")
    )
    spec = rs.TrainingSpec.parse(
        {
            "learning_rate": {"family": "cosine", "peak": 0.01},
            "epochs": job.epochs,
            "batch_size": BATCH_SIZE,
            "plateau": {"patience": 1, "action": "decay", "max_actions": 99},
        }
    )
    seconds = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _timed() as spent,
        TensorBoardLog(f"{folder}/board", spec, job.total, {}) as board,
    ):
        live = Live(spec)

        def on_epoch(end):
            began = time.perf_counter()
            live(end)
            board(end)
            told = time.perf_counter() - began
            extras.append(told + sum(spent))
            spent.clear()
            seconds.append(end.seconds + told)

        rs.fit(
            build(),
            training,
            validation,
            spec,
            **COMPILE,
            checkpoint_dir=f"{folder}/checkpoints",
            checkpoint_every=EVERY_STEPS,
            decision_log=f"{folder}/decisions.jsonl",
            on_epoch=on_epoch,
        )
    return statistics.median(seconds[1:])


@contextlib.contextmanager
def _timed():
    """Collects the seconds that checkpoints and the decision log take."""
    spent, originals = [], [(RunStore, "save"), (DecisionLog, "append")]
    originals = [(kind, name, getattr(kind, name)) for kind, name in originals]

    def timed(method):
        def call(*arguments):
            began = time.perf_counter()
            method(*arguments)
            spent.append(time.perf_counter() - began)

        return call

    for kind, name, method in originals:
        setattr(kind, name, timed(method))
    try:
        yield spent
    finally:
        for kind, name, method in originals:
            setattr(kind, name, method)


def measure(job: Job) -> None:
    """One round in this process; prints a JSON line per model."""
    with tempfile.TemporaryDirectory() as folder:
        artifact = write(folder, job)
        for build in (mlp, cnn):
            extras: list[float] = []
            seconds = {
                "keras": keras_fit(build, artifact, job),
                "template": template(build, artifact, job),
                "trainer": trainer(build, artifact, job, MEMORY_BUDGET, extras),
                "streamed": trainer(build, artifact, job, 0, []),
                "extras": statistics.median(extras),
            }
            click.echo(json.dumps({"case": (build.__name__, job.total), "seconds": seconds}))


@benchmark
@size("--rounds", full=3, quick=1, type=click.IntRange(min=1), help="Processes with each number of threads.")
@size("--epochs", full=10, quick=2, type=click.IntRange(min=2), help="Of a training.")
@size("--examples", full=TRAIN, quick=96, type=click.IntRange(1, TRAIN), help="Digits to train on.")
@size("--copies", full=[1, 5], quick=[1], type=int, multiple=True, help="How often the digits are there.")
@size(
    "--threads",
    full=[*THREADS],
    quick=["1"],
    type=click.Choice([*THREADS]),
    multiple=True,
    help="TensorFlow's.",
)
@click.option("--measure", "measures", is_flag=True, help="One round in this process, as JSON lines.")
def main(
    rounds: int,
    epochs: int,
    examples: int,
    copies: tuple[int, ...],
    threads: tuple[str, ...],
    measures: bool,
) -> None:
    """Prints one row per model, size of the data, and threads."""
    jobs = [Job(examples, times, epochs) for times in copies]
    if measures:
        for job in jobs:
            measure(job)
        return
    cases = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for number in threads:
            for (model, total), seconds in one_round(jobs, THREADS[number]):
                for way, taken in seconds.items():
                    cases[model, total, number][way].append(taken)
    headings = ("keras fit", "tfx template", "trainer", "streamed", "/ keras", "/ template", "extras/epoch")
    table = Table(6, ("examples", 9), ("threads", 9), *((heading, 14) for heading in headings))
    click.echo(table.heading())
    for (model, total, number), ways in sorted(cases.items(), key=lambda item: item[0][1]):
        seconds = {way: statistics.median(values) for way, values in ways.items()}
        extras = seconds.pop("extras")
        cells = [f"{total / value:,.0f}/s" for value in seconds.values()]
        cells += [f"{seconds[way] / seconds['trainer']:.1f}x" for way in ("keras", "template")]
        click.echo(table.row(model, f"{total:,}", number, *cells, f"{1000 * extras:.1f} ms"))
        click.echo(f"      extras are {extras / EPOCH_S:.1%} of an epoch of {EPOCH_S:g} s")


def one_round(jobs: list[Job], env: dict[str, str]) -> Iterator[tuple[tuple[str, int], dict[str, float]]]:
    """Measures in a process of its own; model and examples of an epoch, and seconds by way."""
    for job in jobs:
        sizes = {"--examples": job.examples, "--copies": job.copies, "--epochs": job.epochs}
        options = [str(part) for item in sizes.items() for part in item]
        with tempfile.NamedTemporaryFile() as file:
            cost_of(
                [sys.executable, "-m", "benchmarks.training", "--measure", *options], Path(file.name), env
            )
            lines = Path(file.name).read_text(encoding="utf-8").splitlines()
        for found in (json.loads(line) for line in lines if line.startswith('{"case"')):
            yield tuple(found["case"]), found["seconds"]


if __name__ == "__main__":
    main()
