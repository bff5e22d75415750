"""Checkpoints that survive a crash at any moment.

A checkpoint is written to a temporary file, flushed to the disk (fsync) and then renamed, so that a reader
sees the old one or the new one, never a half. The one before is kept for the case that the newest cannot be
read. Training goes on meanwhile; the disk is the slower of the two in short epochs.
"""

import json
import os
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from reactive_schedules import durable

_RECORD = "record"


class CheckpointError(RuntimeError):
    """No checkpoint in the folder can be read, or it belongs to another training.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 1})
        >>> _ = rs.fit(model, (x, y), None, spec, checkpoint_dir=folder)
        >>> _ = rs.fit(model, (x, y), None, spec.model_copy(update={"epochs": 2}), checkpoint_dir=folder)
        Traceback (most recent call last):
        reactive_schedules.training.checkpoint.CheckpointError: ...
    """


class Checkpoints:
    """The newest checkpoint and the one before, in a folder of their own.

    Args:
        directory: made if it does not exist.
    """

    def __init__(self, directory: str | os.PathLike) -> None:
        self.directory = Path(directory)
        self.newest, self.previous = self.directory / "newest.npz", self.directory / "previous.npz"
        self._writing = self.directory / "writing.tmp"
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._saving: Future | None = None

    def save(self, arrays: dict[str, np.ndarray], record: dict) -> None:
        """Begins to write, when the checkpoint before is on the disk; `wait` waits for the end of it.

        Args:
            arrays: not to be changed any more.
            record: anything that JSON can hold, NaN and infinities included.

        Raises:
            OSError: the checkpoint before could not be written.
        """
        self.wait()
        encoded = np.frombuffer(json.dumps(record).encode(), np.uint8)
        self._saving = self._writer.submit(self._write, arrays, encoded)

    def wait(self) -> None:
        """Returns when all is on the disk.

        Raises:
            OSError: it could not be written.
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
        """The newest checkpoint that can be read, as `(arrays, record)`; None if there is none.

        Warns when the newest is damaged and the one before is used instead.

        Raises:
            CheckpointError: if there are checkpoints, but none can be read.
        """
        self.wait()
        damaged = []
        for path in (self.newest, self.previous):
            if not path.exists():
                continue
            try:
                found = _read(path)
            except Exception as error:  # whatever zip, numpy and JSON raise on damaged bytes
                damaged.append(f"{path}: {error}")
                continue
            if damaged:
                warnings.warn(f"damaged checkpoint, going on from the one before: {damaged[0]}", stacklevel=2)
            return found
        if damaged:
            raise CheckpointError(
                f"no readable checkpoint ({'; '.join(damaged)}); delete the folder to start over"
            )
        return None


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}  # reading to the end compares the checksums
    return arrays, json.loads(arrays.pop(_RECORD).tobytes())
