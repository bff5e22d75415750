"""A search that is killed at a chosen moment: all of it, or the process that trains."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from tests.components import transformed, user_models

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {
        "family": "cosine",
        "peak": 0.01,
    },  # others are better, so that there is something to confirm
    "batch_size": 64,
    "epochs": 4,
    "plateau": {"monitor": "val_loss", "patience": 1, "action": "hybrid", "max_actions": 9},
}
SPACE = {"learning_rate": {"peak": {"low": 0.01, "high": 1.0, "log": True}}, "model": {"width": [8, 16]}}

_MOMENT, _FOLDER = "KILL_MOMENT", "KILL_FOLDER"
_EVENTS = {
    "newest.npz": "keep",
    "writing.tmp": "publish",
    "rung-0.json.tmp": "result",
    "result.json.tmp": "confirmation",
}
_OF_COORDINATOR = ("result", "confirmation")


class Moment(NamedTuple):
    """When to die: `delay` seconds after the `count`-th `event`.

    Events: "open" (a checkpoint is about to be written), "keep" (it is written, the one before is about to be
    renamed), "publish" (it is about to be renamed), "result" and "confirmation" (the result of a trial, or of a training
    that confirms one, is about to get its name). All but the last two happen in the process that trains.
    """

    event: str
    count: int
    delay: float


def search(
    folder: Path,
    workspace: Path,
    trials: int,
    moment: tuple | None,
    processes: int = 1,
    time_limit: str = "10h",
) -> None:
    """Searches to the end, or to its own, with the Transform of `workspace` and `folder` for pipeline root."""
    os.environ[_FOLDER] = str(folder)
    if moment:
        os.environ[_MOMENT] = json.dumps(moment)
        if Moment(*moment).event in _OF_COORDINATOR:
            sys.addaudithook(_Watch(Moment(*moment)))
    section = {
        "algorithm": "halving",
        "trials": trials,
        "min_epochs": 2,
        "factor": 2,
        "folds": 2,
        "time_limit": time_limit,
        "space": SPACE,
    }
    transformed.tune(
        folder, transformed.inputs(workspace), section, TRAINING, f"{__name__}.build_model", processes
    )


_watching = False


def build_model(hyperparameters, schema):
    """The model; in the process that trains, it also begins to watch."""
    global _watching
    if _MOMENT in os.environ and not _watching:
        _watching = True
        sys.addaudithook(_Watch(Moment(*json.loads(os.environ[_MOMENT])), os.getppid()))
    return user_models.dense(hyperparameters, schema)


class _Watch:
    """Sees every file that is opened or renamed, before it is; `others` die, too."""

    def __init__(self, moment: Moment, *others: int):
        self._moment, self._others, self._seen = moment, others, 0
        self._folder = os.environ[_FOLDER]

    def __call__(self, name: str, arguments: tuple) -> None:
        if name not in ("open", "os.rename") or not str(arguments[0]).startswith(self._folder):
            return
        file = Path(arguments[0]).name
        event = _EVENTS.get(file) if name == "os.rename" else "open" if file == "writing.tmp" else None
        self._seen += event == self._moment.event
        if event == self._moment.event and self._seen == self._moment.count:
            if self._moment.delay:
                threading.Timer(self._moment.delay, self._die).start()
            else:
                self._die()

    def _die(self) -> None:
        for pid in (*self._others, os.getpid()):
            os.kill(pid, signal.SIGKILL)
