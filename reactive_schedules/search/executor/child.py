"""A process that runs trials, one after another, in its main thread, and owns nothing.

Beside the main thread there is only one that waits for messages. It does nothing else, because another thread that
draws random numbers would change the trials. When the coordinator is gone, it ends the process.
"""

import contextlib
import ctypes
import dataclasses
import gc
import importlib
import json
import logging
import os
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from reactive_schedules import log_records
from reactive_schedules.search.executor import machine
from reactive_schedules.search.executor.channel import Channel
from reactive_schedules.search.executor.errors import described
from reactive_schedules.search.searcher import Ask


@dataclasses.dataclass(frozen=True)
class Attempt:
    """An attempt at a trial, as the function that trains it gets it.

    Attributes:
        ask: What to train.
        folder: Folder for the checkpoints of this attempt, each in a subfolder. They begin with those of the newest
            epoch of any earlier attempt.
        report: Function of the number of finished epochs and the last value of the objective, called after each epoch.
    """

    ask: Ask
    folder: Path
    report: Callable[[int, float | None], None]


Trial = Callable[[Attempt], Mapping[str, Any]]
"""Trains a trial; returns `score`, `error`, `seconds` and `executions`, as `results.py` describes them."""


def main(descriptor: int) -> None:
    """Runs the trials that come through a socket until it closes; the work is described on standard input."""
    channel = Channel(socket.socket(fileno=descriptor))
    messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(channel.messages(), messages), daemon=True).start()
    with contextlib.suppress(OSError):
        # If the memory of the machine runs out, this process is to go, not the one of the search.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="utf-8")
    with log_records.redacted():
        _log(channel)
        work = json.load(sys.stdin)
        gc.disable()  # what imports create is never freed, so it need not be scanned
        try:
            trial = _load(work["function"])(work["setting"], work["inputs"])
        except Exception as error:
            logging.getLogger(__name__).exception("The process cannot run trials.")
            channel.send({"kind": "refused", "error": described(error)}, None)
            return
        gc.freeze()
        gc.enable()
        channel.send({"kind": "ready", "processor": machine.processor()}, None)
        while True:
            _run(trial, messages.get(), channel)


def _run(trial: Trial, given: Mapping[str, Any], channel: Channel) -> None:
    """Runs an attempt, with a log file of its own."""
    _flush()
    with Path(given["log"]).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)

    def report(epochs: int, score: float | None) -> None:
        channel.send({"kind": "epoch", "epochs": epochs, "score": score}, None)

    outcome = trial(Attempt(Ask(**given["ask"]), Path(given["folder"]), report))
    _flush()
    channel.send({"kind": "done", "outcome": dict(outcome), "resident": _resident()}, None)


def _listen(messages: Iterable[dict[str, Any]], received: queue.SimpleQueue[dict[str, Any]]) -> None:
    for message in messages:
        received.put(message)
    _flush()
    os._exit(0)  # even in the middle of a trial: its checkpoints are whole at any moment


class _Progress(logging.Handler):
    """Sends what libraries tell the user to the coordinator."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        self._channel.send({"kind": "said", "line": record.getMessage()}, None)


def _log(channel: Channel) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("progress").addHandler(_Progress(channel))


def _load(path: str) -> Callable[[Any, Mapping[str, str]], Trial]:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _resident() -> int:
    """Resident memory without what is free: Python's garbage, and what the allocator keeps for later."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)
    return machine.resident()


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
