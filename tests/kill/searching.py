"""A search that kills its own process at a chosen moment."""

import sys
from pathlib import Path

from tests.components import transformed
from tests.kill.victim import Moment, Watch

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "cosine", "peak": 0.05},
    "batch_size": 64,
    "epochs": 4,
    "plateau": {"monitor": "val_loss", "patience": 1, "action": "hybrid", "max_actions": 9},
}
SPACE = {"learning_rate": {"peak": {"low": 0.01, "high": 1.0, "log": True}}, "model": {"width": [8, 16]}}


def search(folder: Path, workspace: Path, trials: int, moment: tuple | None) -> None:
    """Searches to the end, or to its own, with the Transform of `workspace` and `folder` for pipeline root."""
    if moment:
        sys.addaudithook(Watch(Moment(*moment), folder))
    section = {"algorithm": "halving", "trials": trials, "min_epochs": 2, "factor": 2, "space": SPACE}
    transformed.tune(folder, transformed.inputs(workspace), section, TRAINING)
