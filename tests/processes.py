"""Processes that tests start, listen to and end."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conftest import LIMIT_S, ROOT

START_LIMIT_S = 600


class Process:
    """A process with a log.

    Args:
        command: Its command line.
        log: File for its output.
        environment: Variables besides those of this process.
    """

    def __init__(self, command: Sequence[object], log: Path, **environment: str) -> None:
        self.log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [*map(str, command)],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A shell starts background jobs with interrupts ignored, and child processes inherit that.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def said(self, pattern: str) -> re.Match:
        """What it has printed, once it has."""
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end:
            if found := re.search(pattern, self.log.read_text(encoding="utf-8", errors="replace")):
                return found
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        raise TimeoutError(self.log.read_text(encoding="utf-8", errors="replace")[-3000:])

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def interrupt(self) -> None:
        """Does what Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def wait(self) -> tuple[int, str]:
        """Its exit code and its output, once it has ended."""
        code = self._process.wait(timeout=LIMIT_S)
        return code, self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Sends SIGKILL to it alone."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends it and its children."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def running(command: Sequence[object], log: Path, **environment: str) -> Iterator[Process]:
    """A process that ends with the context."""
    process = Process(command, log, **environment)
    try:
        yield process
    finally:
        process.stop()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
