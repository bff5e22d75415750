"""Processes that read a split beyond memory, and may die while they make its parsed copy."""

import itertools
import logging
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from tfx.types import standard_artifacts

from components import shards
from components.features import LABEL
from components.learning import splits
from components.learning.stream import StreamSource
from tests.components.formats.examples import examples

COUNT = 3000
SPEC = {"x": tf.io.FixedLenFeature([2], tf.float32), LABEL: tf.io.FixedLenFeature([1], tf.int64)}


class Transformed:
    """What reading asks of a `TFTransformOutput`."""

    def transformed_feature_spec(self):
        return dict(SPEC)


def write(folder: Path) -> None:
    rows = ({"x": [float(index), 0.5], LABEL: [index]} for index in range(COUNT))
    shards.write(f"{folder}/Split-train/{shards.name(0, 1)}", examples(*rows))


def read(folder: Path, name: str, together: int = 1, dies: str = "") -> None:
    """Reads the split in `folder` as several processes, of which this one is called `name`, begin at once.

    Writes the labels in the order of an epoch to `<name>.npy` and what was said to `<name>.log`.

    Args:
        folder: Folder of the `Examples` artifact.
        name: Name of this process.
        together: Number of processes to wait for.
        dies: When to die: "writing", after 20 blocks, or "written", before the copy gets its name.
    """
    splits.BLOCK_BYTES = 2**10
    logging.getLogger("progress").setLevel(logging.INFO)
    logging.getLogger("progress").addHandler(logging.FileHandler(folder / f"{name}.log"))
    if dies == "writing":
        calls, convert = itertools.count(), splits.to_batch
        splits.to_batch = lambda block: _die() if next(calls) == 20 else convert(block)
    if dies == "written":
        sys.addaudithook(lambda event, _: _die() if event == "os.rename" else None)
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), '["train"]'
    (folder / f"{name}.ready").touch()
    while len([*folder.glob("*.ready")]) < together:
        time.sleep(0.001)
    source = splits.read_split([artifact], Transformed(), "train", budget=0).data
    assert isinstance(source, StreamSource)
    seen = [labels[:, 0] for _, labels in source.batches(100, 0, 1, 2)]
    np.save(folder / f"{name}.npy", np.concatenate(seen))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
