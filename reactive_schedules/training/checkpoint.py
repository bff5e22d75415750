"""Checkpoints that survive a crash at any moment.

A checkpoint is written to a temporary file, flushed to the disk (fsync) and then renamed, so a reader sees the old
checkpoint or the new one, never a partial one. The previous checkpoint is kept in case the newest cannot be read.
Checkpoints are written while training continues, because writing may take longer than a short epoch.
"""

import contextlib
import json
import os
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from reactive_schedules import durable

_RECORD = "record"


class CheckpointError(RuntimeError):
    """No checkpoint in the folder can be read, or the checkpoint belongs to a different run.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 1})
        >>> _ = rs.fit(model, (x, y), None, spec, checkpoint_dir=folder)
        >>> _ = rs.fit(model, (x, y), None, spec.model_copy(update={"batch_size": 8}), checkpoint_dir=folder)
        Traceback (most recent call last):
        reactive_schedules.training.checkpoint.CheckpointError: ...
    """


class Checkpoints:
    """The newest and the previous checkpoint of a run, in their own folder.

    Args:
        directory: Path of the folder, which is created if it does not exist.
    """

    def __init__(self, directory: str | os.PathLike) -> None:
        self.directory = Path(directory)
        self.newest, self.previous = self.directory / "newest.npz", self.directory / "previous.npz"
        self._writing = self.directory / "writing.tmp"
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._saving: Future | None = None

    def save(self, arrays: dict[str, np.ndarray], record: dict) -> None:
        """Starts to write a checkpoint once the previous one is on the disk; `wait` waits for completion.

        Args:
            arrays: Arrays, which must not be modified afterwards.
            record: Values that JSON can represent, including NaN and infinities.

        Raises:
            OSError: The previous checkpoint could not be written.
        """
        self.wait()
        encoded = np.frombuffer(json.dumps(record).encode(), np.uint8)
        self._saving = self._writer.submit(self._write, arrays, encoded)

    def wait(self) -> None:
        """Waits until the last checkpoint is on the disk.

        Raises:
            OSError: The checkpoint could not be written.
        """
        saving, self._saving = self._saving, None
        if saving:
            saving.result()

    def _write(self, arrays: dict[str, np.ndarray], encoded: np.ndarray) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._writing.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_RECORD: encoded}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        if self.newest.exists():
            self.newest.replace(self.previous)
        self._writing.replace(self.newest)
        durable.flush(self.directory)

    def load(self) -> tuple[dict[str, np.ndarray], dict] | None:
        """The newest readable checkpoint as `(arrays, record)`; None if there are no checkpoints.

        Warns if the newest checkpoint is damaged and the previous one is used instead.

        Raises:
            CheckpointError: There are checkpoints, but all are damaged.
        """
        self.wait()
        damaged = []
        for path in (self.newest, self.previous):
            if not path.exists():
                continue
            try:
                found = _read(path)
            except Exception as error:  # zip, numpy and JSON raise many types on damaged bytes
                damaged.append(f"{path}: {error}")
                continue
            if damaged:
                warnings.warn(
                    f"checkpoint is damaged; resuming from the previous one: {damaged[0]}", stacklevel=2
                )
            return found
        if damaged:
            raise CheckpointError(
                f"{self.directory}: no checkpoint can be read ({'; '.join(damaged)}); delete the folder to start over"
            )
        return None

    def record(self) -> dict | None:
        """The record of the newest checkpoint that has one, read without the arrays; None if there is none."""
        for path in (self.newest, self.previous):
            with contextlib.suppress(Exception), np.load(path, allow_pickle=False) as file:
                return json.loads(file[_RECORD].tobytes())
        return None


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}  # reading to the end compares the checksums
    return arrays, json.loads(arrays.pop(_RECORD).tobytes())
