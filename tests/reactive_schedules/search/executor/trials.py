"""Trials without a model: a sequence of numbers, an epoch each, whose state is in real checkpoints."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reactive_schedules.search.executor.child import Attempt, Trial
from reactive_schedules.search.searcher import Ask
from reactive_schedules.training.checkpoint import Checkpoints

EPOCHS = 6
FUNCTION = f"{__name__}.prepare"

_KEPT = []


class Unusable(ValueError):
    """An error of the user's data, which the coordinator has to raise as it is."""


def ask(number: int, rung: int | None = None, until: int | None = EPOCHS, **values) -> Ask:
    """An ask for a trial; `values` name faults, see `FAULTS`, and their epoch: in it, or once after it."""
    parent = f"{number:04d}" if rung else None
    return Ask(f"{number:04d}", number, {"start": number, **values}, until, rung, parent)


def prepare(setting: dict, inputs: dict) -> Trial:
    """Prepares a process, unless the setting says that this fails.

    Args:
        setting: `folder` for what trials leave; `epoch_s`, the duration of an epoch; `fault` of the preparation;
            `copies`, the name of an input whose path is left in the folder.
        inputs: Folders by name.
    """
    if name := setting.get("copies"):
        assert [*Path(inputs[name]).iterdir()]
        with Path(setting["folder"], "read").open("a", encoding="utf-8") as read:
            read.write(f"{inputs[name]}\n")
    if setting.get("fault") == "raises":
        raise Unusable("data.path: has no rows")
    if setting.get("fault") == "dies":
        _die()
    return lambda attempt: _train(attempt, Path(setting["folder"]), setting.get("epoch_s", 0))


def _train(attempt: Attempt, folder: Path, epoch_s: float) -> dict:
    values, saved = attempt.ask.values, Checkpoints(attempt.folder / "execution-0")
    found = saved.load()
    state, history = (found[0]["state"], found[1]["history"]) if found else (np.array(values["start"]), [])
    print(f"trial {attempt.ask.number} begins after epoch {len(history)} in process {os.getpid()}")
    (folder / f"pid-{attempt.ask.number}").write_text(str(os.getpid()), encoding="utf-8")
    for epoch in range(len(history) + 1, (attempt.ask.until or EPOCHS) + 1):
        time.sleep(epoch_s)
        for name in FAULTS.keys() & values.keys():
            if values[name] == epoch:
                FAULTS[name]()
        state = np.cos(state * 1.7 + epoch)
        history = [*history, float(state)]
        saved.save({"state": state}, {"progress": {"epoch": epoch}, "history": history})
        saved.wait()
        attempt.report(epoch, history[-1])
        for name, when in values.items():
            if name.endswith("_once") and when == epoch:
                with contextlib.suppress(FileExistsError):
                    (folder / f"{name}-{attempt.ask.number}").touch(exist_ok=False)
                    FAULTS[name.removesuffix("_once")]()
    execution = {"history": {"value": history}, "stopped_by": "until", "updates": len(history)}
    return {"score": history[-1], "error": None, "seconds": 0.0, "executions": [execution]}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _freeze() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _wait() -> None:
    time.sleep(3600)


def _exit() -> None:
    os._exit(3)


def _grow() -> None:
    _KEPT.append(b"kept" * (25 * 2**20))


def _leave_child_and_die() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], pass_fds=_sockets())
    _die()


def _sockets() -> list[int]:
    """This process' end of its connection, as a fork of the process would have it, too."""
    return [int(sys.argv[1])]


FAULTS: dict[str, Callable[[], None]] = {
    "dies": _die,
    "freezes": _freeze,
    "waits": _wait,
    "exits": _exit,
    "grows": _grow,
    "leaves_child": _leave_child_and_die,
}
