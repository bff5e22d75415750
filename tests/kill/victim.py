"""A training that kills its own process at a chosen moment, as a crash or a preemption would."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.fit import fit

EXAMPLES, EPOCHS = 203, 16


class Moment(NamedTuple):
    """When to die: `delay` seconds after the first `event` that comes after `saves` checkpoints.

    Events: "open" (a checkpoint is about to be written), "keep" (it is written, the one before is about to
    be renamed), "publish" (it is about to be renamed), "decide" (the decision log is about to grow). If the event does
    not come, the next checkpoint but two is the moment.
    """

    event: str
    saves: int
    delay: float


def train(folder: Path, action: str, moment: Moment | None, is_on_disk: bool = False) -> None:
    """Trains to the end, or to its own; at the end writes all that two trainings can differ in."""
    if moment:
        sys.addaudithook(Watch(moment, folder))
    model, spec = _model(), _spec(action)
    training, validation = _data(EXAMPLES, 0), _data(60, 1)
    if is_on_disk:
        training, validation = _stored(folder / "train", *training), _stored(folder / "eval", *validation)
    result = fit(
        model,
        training,
        validation,
        spec,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        checkpoint_dir=folder / "checkpoints",
        checkpoint_every=3,
        decision_log=folder / "decisions.jsonl",
    )
    variables = [*model.variables, *model.optimizer.variables]
    arrays = {f"variable {i}": np.array(variable) for i, variable in enumerate(variables)}
    arrays |= {f"history {name}": np.array(values) for name, values in result.history.items()}
    np.savez(folder / "end.npz", **arrays, updates=result.updates)


def _data(count, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 6)).astype("float32")
    rule = np.random.default_rng(99).normal(size=(6, 3))
    return x, (x @ rule + random.normal(size=(count, 3))).argmax(1)


def _stored(path, x, y):
    """The same data on disk: blocks of 16 examples, windows of three blocks, chunks of one batch."""
    import tensorflow as tf

    from components.features import LABEL
    from components.learning import parsed_file, stream

    spec = {"x": tf.io.FixedLenFeature([6], tf.float32), LABEL: tf.io.FixedLenFeature([], tf.int64)}
    blocks = ({"x": x[at : at + 16], LABEL: y[at : at + 16]} for at in range(0, len(x), 16))
    path.parent.mkdir(parents=True, exist_ok=True)
    parsed_file.write(path, map(parsed_file.to_batch, blocks), spec)
    stream.WINDOW_BYTES, stream.CHUNK_BYTES = 3 * 16 * 32, 1
    return stream.StreamSource(parsed_file.ParsedFile(path, spec))


def _model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6,), name="x"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def _spec(action):
    plateau = {"patience": 1, "action": action, "factor": 0.7, "growth": 1.5, "max_actions": 99}
    if action == "decay":
        plateau["every"] = "9st"
    return TrainingSpec.model_validate(
        {
            "optimizer": {"name": "adam"},
            "learning_rate": {"family": "one_cycle", "peak": 0.05},
            "batch_size": 8,
            "epochs": EPOCHS,
            "plateau": plateau,
            "seed": 3,
        }
    )


class Watch:
    """Sees every file that is opened or renamed, before it is."""

    def __init__(self, moment: Moment, folder: Path):
        self._moment, self._folder, self._saves = moment, str(folder), 0

    def __call__(self, name: str, arguments: tuple) -> None:
        event = self._event(name, arguments)
        if event is None:
            return
        self._saves += event == "open"
        due = event == self._moment.event and self._saves > self._moment.saves
        if due or self._saves > self._moment.saves + 2:
            if self._moment.delay:
                threading.Timer(self._moment.delay, _die).start()
            else:
                _die()

    def _event(self, name: str, arguments: tuple) -> str | None:
        if name not in ("open", "os.rename") or not str(arguments[0]).startswith(self._folder):
            return None
        if name == "open":
            return {"writing.tmp": "open", "decisions.jsonl": "decide"}.get(Path(arguments[0]).name)
        name = Path(arguments[0]).name
        return {"newest.npz": "keep", "writing.tmp": "publish"}.get(name)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":  # where the backend is not that of the tests
    folder, action, moment = sys.argv[1:]
    train(Path(folder), action, Moment(*json.loads(moment)) if moment else None)
