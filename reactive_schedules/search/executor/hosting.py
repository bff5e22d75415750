"""A Dask scheduler of a search's own, for workers on other machines that it announces itself to."""

import contextlib
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from reactive_schedules.extras import brought_by
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import rendezvous
from reactive_schedules.search.executor.address import ClusterError, Tls
from reactive_schedules.search.executor.rendezvous import Announcement
from reactive_schedules.search.executor.store import Store, StoreError

START_S = 120.0
"""Seconds for the scheduler to start."""

_LAST_WORDS = 5
"""Attempts to announce the end."""

logger = logging.getLogger(__name__)

BEAT_S = 30.0
"""Seconds between two announcements."""


@contextlib.contextmanager
def hosted(store: Store) -> Iterator[tuple[str, Tls]]:
    """Runs a scheduler that only those who read the store can use; yields its address and certificates.

    It announces itself in the store, and in the end, how the search ended.

    Raises:
        ClusterError: The scheduler does not start.
        StoreError: The store cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        certificate, key, tls = _certificates(Path(folder))
        with (
            _scheduler(Path(folder), tls) as address,
            _announced(store, Announcement(address, certificate, key)),
        ):
            yield address, tls


def _certificates(folder: Path) -> tuple[str, str, Tls]:
    """A certificate and its key, as PEM and in files."""
    with brought_by("cluster"):
        from distributed import Security
    made = Security.temporary()
    certificate, key = str(made.tls_ca_file), str(made.tls_client_key)
    files = folder / "certificate.pem", folder / "key.pem"
    files[1].touch(0o600)
    for file, text in zip(files, (certificate, key), strict=True):
        file.write_text(text, encoding="utf-8")
    return certificate, key, Tls(str(files[0]), str(files[0]), str(files[1]))


@contextlib.contextmanager
def _scheduler(folder: Path, tls: Tls) -> Iterator[str]:
    from distributed.utils import get_ip

    found, log = folder / "scheduler.json", folder / "scheduler.log"
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--protocol",
        "tls",
        "--host",
        get_ip(),
    ]
    command += ["--port", "0", "--no-dashboard", "--scheduler-file", str(found)]
    command += ["--tls-ca-file", tls.ca_file, "--tls-cert", tls.cert_file, "--tls-key", tls.key_file]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_S
        while not (address := _address(found)):
            if process.poll() is not None or time.monotonic() > deadline:
                *_, last = [
                    "it says nothing",
                    *log.read_text(encoding="utf-8", errors="replace").splitlines(),
                ]
                raise ClusterError(f"cluster: the scheduler does not start: {last}")
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


def _address(file: Path) -> str | None:
    try:
        return json.loads(file.read_bytes())["address"]
    except (FileNotFoundError, ValueError):  # not yet, or not whole yet
        return None


@contextlib.contextmanager
def _announced(store: Store, announcement: Announcement) -> Iterator[None]:
    try:
        rendezvous.announce(store, announcement)
    except Exception as error:  # of the store's own types
        raise StoreError(
            f"store: {store.uri} cannot be written ({summary_of(error)}); give this process access"
        ) from None
    over = threading.Event()

    def beat() -> None:
        current = announcement
        while not over.wait(BEAT_S):
            current = current.again()
            with contextlib.suppress(Exception):  # the next one may get through
                rendezvous.announce(store, current)

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    state: Literal["finished", "failed"] = "failed"
    try:
        yield
        state = "finished"
    finally:
        over.set()
        beating.join()
        _say_the_end(store, announcement.ended(state))


def _say_the_end(store: Store, announcement: Announcement) -> None:
    """Announces the end; those who do not hear of it wait for a while, and fail."""
    for attempt in range(1, _LAST_WORDS + 1):
        try:
            return rendezvous.announce(store, announcement)
        except Exception as error:
            logger.warning("the end of the search could not be announced: %s", summary_of(error))
            time.sleep(attempt)
