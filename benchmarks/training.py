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

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from tfx.components.util import tfxio_utils
from tfx.types import standard_artifacts
from tfx_bsl.tfxio import dataset_options

import reactive_schedules as rs
from components.features import LABEL
from components.learning.attempt import EVERY_STEPS
from components.learning.splits import MEMORY_BUDGET, read_split
from components.trainer.live import Live
from components.trainer.tensorboard import TensorBoardLog
from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.training.run import TrainingRun

TRAIN, HELD_OUT = 1258, 270  # of 1,797 digits, as in the pipeline
BATCH_SIZE, EPOCHS = 32, 10
COMPILE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
FEATURES = {"x": tf.io.FixedLenFeature([64], tf.float32), LABEL: tf.io.FixedLenFeature([1], tf.int64)}
THREADS = {"all": {}, "1": {"TF_NUM_INTRAOP_THREADS": "1"}}
EPOCH_S = 2.0
"""The epoch that the extras' cost is set against."""


class Transformed:
    """What reading asks of a `TFTransformOutput`."""

    def transformed_feature_spec(self) -> dict:
        """Features of the files."""
        return dict(FEATURES)


def write(folder: str, copies: int) -> list:
    """The examples as Transform writes them; returns the artifact."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = folder, '["train", "eval"]'
    pixels, digits = load_digits(return_X_y=True)
    for name, part in (("train", slice(TRAIN)), ("eval", slice(TRAIN, TRAIN + HELD_OUT))):
        path = Path(folder, f"Split-{name}")
        path.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path / "examples-00000-of-00001.gz"), "GZIP") as writer:
            for row, label in [*zip(pixels[part] / 16, digits[part], strict=True)] * copies:
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


class EpochClock(keras.callbacks.Callback):
    """When each epoch began, and when the last one ended."""

    def __init__(self):
        super().__init__()
        self.begun = []

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self.begun.append(time.perf_counter())

    def on_train_end(self, logs=None):
        """Called by Keras."""
        self.begun.append(time.perf_counter())


def stock(build, training, validation, **steps) -> float:
    """Seconds of Keras' median epoch."""
    model, clock = build(), EpochClock()
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), **COMPILE)
    stop = keras.callbacks.EarlyStopping(patience=99, restore_best_weights=True)
    callbacks = [clock, keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3), stop]
    model.fit(**training, validation_data=validation, epochs=EPOCHS, callbacks=callbacks, verbose=0, **steps)
    return statistics.median(np.diff(clock.begun)[1:])


def keras_fit(build, artifact) -> float:
    """(a): arrays in memory."""
    (x, y), (x_eval, y_eval) = (read_split(artifact, Transformed(), name).data for name in ("train", "eval"))
    return stock(build, {"x": x, "y": y, "batch_size": BATCH_SIZE}, (x_eval, y_eval))


def template(build, artifact, copies: int) -> float:
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
        steps_per_epoch=-(-TRAIN * copies // BATCH_SIZE),
        validation_steps=-(-HELD_OUT * copies // BATCH_SIZE),
    )


def trainer(build, artifact, copies: int, budget: int, extras: list[float]) -> float:
    """Seconds of our median epoch; adds the seconds that each epoch waited for its extras to `extras`."""
    training, validation = (
        read_split(artifact, Transformed(), name, budget).data for name in ("train", "eval")
    )
    spec = rs.TrainingSpec.parse(
        {
            "learning_rate": {"family": "cosine", "peak": 0.01},
            "epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
            "plateau": {"patience": 1, "action": "decay", "max_actions": 99},
        }
    )
    seconds = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _timed() as spent,
        TensorBoardLog(f"{folder}/board", spec, TRAIN * copies, {}) as board,
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
    spent, originals = [], [(TrainingRun, "_save"), (DecisionLog, "append")]
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


def measure() -> None:
    """One round in this process; prints a JSON line per model and size of the data."""
    for copies in (1, 5):
        with tempfile.TemporaryDirectory() as folder:
            artifact = write(folder, copies)
            for build in (mlp, cnn):
                extras: list[float] = []
                seconds = {
                    "keras": keras_fit(build, artifact),
                    "template": template(build, artifact, copies),
                    "trainer": trainer(build, artifact, copies, MEMORY_BUDGET, extras),
                    "streamed": trainer(build, artifact, copies, 0, []),
                    "extras": statistics.median(extras),
                }
                print(json.dumps({"case": (build.__name__, TRAIN * copies), "seconds": seconds}), flush=True)


def main() -> None:
    """Prints one row per model, size of the data, and threads."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help="one round in this process, as JSON lines")
    arguments = parser.parse_args()
    if arguments.measure:
        measure()
        return
    cases = defaultdict(lambda: defaultdict(list))
    for _ in range(arguments.rounds):
        for threads, variables in THREADS.items():
            command = [sys.executable, "-m", "benchmarks.training", "--measure"]
            environment = {**os.environ, **variables}
            output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
            for line in output.decode().splitlines():
                found = json.loads(line)
                for way, seconds in found["seconds"].items():
                    cases[(*found["case"], threads)][way].append(seconds)
    headings = ("keras fit", "tfx template", "trainer", "streamed", "/ keras", "/ template", "extras/epoch")
    print("model  examples  threads" + "".join(f"{heading:>14}" for heading in headings))
    for (model, examples, threads), ways in sorted(cases.items(), key=lambda item: item[0][1]):
        seconds = {way: statistics.median(values) for way, values in ways.items()}
        extras = seconds.pop("extras")
        cells = [f"{examples / value:,.0f}/s" for value in seconds.values()]
        cells += [f"{seconds[way] / seconds['trainer']:.1f}x" for way in ("keras", "template")]
        cells.append(f"{1000 * extras:.1f} ms")
        print(f"{model:<6}{examples:>9,}{threads:>9}" + "".join(f"{cell:>14}" for cell in cells))
        print(f"      extras are {extras / EPOCH_S:.1%} of an epoch of {EPOCH_S:g} s")


if __name__ == "__main__":
    main()
