"""Keeps a Dask worker running for a search on another machine, until the search has ended."""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from reactive_schedules.search.executor import inputs, rendezvous
from reactive_schedules.search.executor.rendezvous import Announcement
from reactive_schedules.search.executor.store import Store

logger = logging.getLogger(__name__)

WAIT_S = 900.0
"""Seconds without a sign of life from a coordinator after which a supervisor leaves."""

TICK_S = 2.0

_UNCONNECTED_S = 60
"""Seconds without a connection to its scheduler after which a worker ends."""

_STOP_S = 30.0


class SearchFailed(RuntimeError):
    """The search for which a worker was kept has failed."""


class CoordinatorGone(RuntimeError):
    """The coordinator of a search that had begun did not come back."""


def serve(
    store: Store,
    name: str,
    log: Path,
    wait_s: float = WAIT_S,
    tick_s: float = TICK_S,
    folders: Iterable[str] = (),
) -> None:
    """Runs a worker while there is a coordinator; returns when the search has ended, or if it does not begin.

    Args:
        store: Where the coordinator announces itself.
        name: Name of the worker.
        log: File for what the worker prints.
        wait_s: Seconds to wait for a coordinator, or for its return.
        tick_s: Seconds between two looks.
        folders: Inputs of the search that this machine has already.

    Raises:
        SearchFailed: The search has failed.
        CoordinatorGone: The coordinator did not come back.
    """
    known: Announcement | None = None
    heard = time.monotonic()
    with _Worker(name, log, inputs.places(folders)) as worker:
        while True:
            found = rendezvous.announced(store)
            if found and found != known:
                if found.state == "finished":
                    return
                if found.state == "failed":
                    raise SearchFailed("the search has failed; see the log of the Tuner")
                known, heard = found, time.monotonic()
            if time.monotonic() - heard <= wait_s:
                if known:
                    worker.keep(known)
            elif known:
                raise CoordinatorGone(f"the search gave no sign of life for {wait_s:.0f} s")
            else:
                logger.warning("no search began within %.0f s", wait_s)
                return
            time.sleep(tick_s)


class _Worker:
    """A Dask worker in a process, which is started again when it has ended, or for another start of the coordinator."""

    def __init__(self, name: str, log: Path, variables: dict[str, str]) -> None:
        self._name, self._log, self._variables = name, log, variables
        self._process: subprocess.Popen | None = None
        self._start = ""
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._folder.cleanup()

    def keep(self, announced: Announcement) -> None:
        """Starts the process unless it is running for this start of the coordinator."""
        if announced.start != self._start:
            self._stop()
        elif self._process and self._process.poll() is None:
            return
        self._start = announced.start
        folder = Path(self._folder.name)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_text(announced.certificate, encoding="utf-8")
        key.touch(0o600)
        key.write_text(announced.key, encoding="utf-8")
        command = [sys.executable, "-m", "distributed.cli.dask_worker", announced.address]
        command += ["--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key]
        command += ["--name", self._name, "--local-directory", folder / "dask"]
        command += ["--nthreads", "1", "--memory-limit", "0", "--no-nanny", "--no-dashboard"]
        command += ["--death-timeout", str(_UNCONNECTED_S)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command], env={**os.environ, **self._variables}, stdout=log, stderr=log
            )

    def _stop(self) -> None:
        if not self._process:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self._process.kill()
        self._process.wait()
