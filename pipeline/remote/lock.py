"""One process at a time writes to a workspace in an object store.

The lock is an object that only one of several can create (a conditional write), and that its owner writes again every
few seconds. Whoever finds it waits for that sign of life, by nobody's clock but its own, and takes it over if none
comes. A process that stood still for so long may come back; it then finds that the lock is another's, and that the
next number of the metadata store, which is created in the same way, is taken: what it would publish is refused.
"""

import contextlib
import datetime
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import click

from components.errors import UserError
from pipeline.remote.place import Remote
from reactive_schedules.printable import printable
from reactive_schedules.search.executor.store import Store

NAME = "run.lock"

BEAT_S = 10.0
"""Seconds between two signs of life."""

DEAD_S = 60.0
"""Seconds without a sign of life after which an owner is taken for dead."""


class Lock:
    """The lock of a workspace, held by this process until `release`.

    Args:
        remote: The workspace; this process has its working copy for itself.

    Raises:
        UserError: Another process uses the workspace, or the store has no conditional writes.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote, self._store = remote, Store(remote.uri)  # its own, for its own thread
        self._content = _content(remote.state.copy)
        self._ended = threading.Event()
        if not self._create():
            self._take_over()
        self._beats = threading.Thread(target=self._beat, name="lock of the workspace", daemon=True)
        self._beats.start()

    def check(self) -> None:
        """Checks that this process still has the lock.

        Raises:
            UserError: Another one took it over.
        """
        found = _read(self._store)
        if found.get("token") != self._content["token"]:
            owner = found.get("owner", "another process")
            raise UserError(
                f"workspace: {self._remote.uri} was taken over by {owner}, because this run gave no sign of life for "
                f"{DEAD_S:.0f} s; what was not published by then is kept in {self._remote.folder} until the next run"
            )

    def release(self) -> None:
        """Gives the lock back, if it is still this process's."""
        self._ended.set()
        self._beats.join()
        with contextlib.suppress(Exception):  # then it is taken over
            if _read(self._store).get("token") == self._content["token"]:
                self._store.remove([NAME])

    def _create(self) -> bool:
        if not self._store.create(NAME, _bytes(self._content)):
            return False
        if self._store.create(NAME, _bytes({**self._content, "beat": -1})):
            self._store.remove([NAME])
            raise UserError(
                f"workspace: {self._remote.uri}: this store overwrites an object although it is told not to, so two "
                "runs could not be kept apart; use one with conditional writes, such as S3, or a folder"
            )
        return True

    def _take_over(self) -> None:
        found, end = _read(self._store), time.monotonic() + DEAD_S
        if self._may_live(found):
            text = (
                f"workspace: {self._remote.uri} is locked by {found.get('owner')}; waiting up to {DEAD_S:.0f} s for a "
                "sign of life"
            )
            click.echo(printable(text), err=True)
        while self._may_live(found) and time.monotonic() < end:
            time.sleep(1)
            if (now := _read(self._store)) and now != found:
                raise UserError(
                    f"workspace: {self._remote.uri} is in use by another run ({now.get('owner')}); wait for it to "
                    "finish, or choose another place with --workspace"
                )
            found = now
        if found:
            self._store.remove([NAME])
        if not self._store.create(NAME, _bytes(self._content)):
            raise UserError(
                f"workspace: {self._remote.uri} was locked by another run at this moment; try again"
            )

    def _may_live(self, found: dict[str, Any]) -> bool:
        """Whether an owner may be alive: not if it had this working copy, which this process has now."""
        return bool(found) and found.get("copy") != self._content["copy"]

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with contextlib.suppress(Exception):  # the store may come back
                if _read(self._store).get("token") != self._content["token"]:
                    return  # `check` says so
                self._content["beat"] += 1
                self._store.put(NAME, _bytes(self._content))


def _content(copy: str) -> dict[str, Any]:
    since = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
    return {
        "owner": f"pid {os.getpid()} on {socket.gethostname()}, since {since}",
        "copy": copy,
        "token": secrets.token_hex(),
        "beat": 0,
    }


def _read(store: Store) -> dict[str, Any]:
    """What the lock says; empty if there is none."""
    return json.loads(store.get(NAME) or b"{}")


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def is_held(remote: Remote) -> bool:
    """Whether somebody has the lock, or had it and was killed."""
    with remote.reached("read"):
        return bool(_read(remote.store))


@contextlib.contextmanager
def held(remote: Remote) -> Iterator[Lock]:
    """Holds the lock of a workspace."""
    with remote.reached("written"):
        lock = Lock(remote)
    try:
        yield lock
    finally:
        lock.release()
