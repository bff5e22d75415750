"""Writes TensorBoard logs of a training.

Keras' callback is not used because it runs after every batch, which would prevent the compiled loop from taking many
steps per call. Points are written in a thread while training continues.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tensorboard.summary import Writer

from reactive_schedules import EpochEnd, TrainingSpec
from reactive_schedules.keras.clock import Clock

POINTS = 1000
"""Number of steps whose rate is written, spread evenly over each epoch: as many as TensorBoard shows."""


class TensorBoardLog:
    """Writes `train/` and `validation/` in the layout of Keras' callback.

    Both hold `epoch_<metric>` by epoch (from 0). `train/` also holds `epoch_learning_rate` and
    `epoch_batch_size`, and `learning_rate` and `batch_size` by training step (counted from 0 over all epochs), with
    `plateau.every` or `plateau.min_rate` for the last step of each epoch only.

    Args:
        directory: Folder of the `model_run` artifact.
        spec: Spec of the training.
        examples: Number of examples in one training epoch.
        earlier: History of the epochs that an earlier attempt finished; it is written immediately.
    """

    def __init__(
        self, directory: str, spec: TrainingSpec, examples: int, earlier: Mapping[str, Sequence[float]]
    ) -> None:
        self._writers = {name: Writer(str(Path(directory, name))) for name in ("train", "validation")}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tensorboard")
        self._writing: list[Future] = []
        horizon = spec.horizon(examples)
        self._schedule = spec.learning_rate.resolve(horizon)
        self._clock, self._examples, self._updates = Clock(examples, spec.batch_size), examples, 0
        # The plateau cuts the rate between epochs, so one factor applies to all steps of an epoch, unless it also does
        # within epochs or there is a floor: then, only the rate at the end of an epoch is known.
        plateau = spec.plateau
        known = plateau is None or (plateau.every is None and not plateau.min_rate)
        self._points = max(2, POINTS // horizon.epochs) if known else 1  # of an epoch
        for epoch in range(len(earlier.get("loss", ()))):
            self._write(epoch, {name: values[epoch] for name, values in earlier.items()})

    def __call__(self, end: EpochEnd) -> None:
        """Writes one epoch; for the argument `on_epoch` of `rs.fit`."""
        self._writing.append(self._thread.submit(self._write, end.epoch, end.logs))

    def __enter__(self) -> "TensorBoardLog":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        for writer in self._writers.values():
            writer.close()
        for writing in self._writing:
            writing.result()  # raises the errors of the thread

    def _write(self, epoch: int, logs: Mapping[str, float]) -> None:
        for name, value in logs.items():
            split = "validation" if name.startswith("val_") else "train"
            self._writers[split].add_scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        batch_size = int(logs["batch_size"])
        # Fewer than in an epoch if the training stopped within it.
        steps = max(1, -(-(int(logs["examples_seen"]) - epoch * self._examples) // batch_size))
        shown = np.unique(np.linspace(steps - 1, 0, self._points).round().astype(int))
        rates = self._schedule(self._clock.at(epoch, shown * batch_size))
        factor = logs["learning_rate"] / rates[-1] if rates[-1] else 1.0
        for step, rate in zip(shown, rates, strict=True):
            self._writers["train"].add_scalar("learning_rate", rate * factor, self._updates + step)
        for step in shown[[0, -1]]:
            self._writers["train"].add_scalar("batch_size", batch_size, self._updates + step)
        self._updates += steps
        for writer in self._writers.values():
            writer.flush()
