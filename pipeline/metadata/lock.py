"""Keeps two runs out of one workspace, on whichever machines they are: a lock on the server of its store."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from components.errors import UserError
from pipeline.metadata.binding import Binding
from pipeline.metadata.server import Session

SILENCE_S = 120
"""When a machine dies, its lock ends after this time; when a process dies, at once."""

_BEATS = 6
"""How often a run tells the server within that time that it is alive."""


class Lock:
    """A lock that this process holds.

    Args:
        session: Session that has it.
        binding: Workspace that it is on.
    """

    def __init__(self, session: Session, binding: Binding) -> None:
        self._session, self._binding = session, binding
        self._one_at_a_time = threading.Lock()
        self._over = threading.Event()

    def check(self) -> None:
        """Checks that the server still answers, and the lock is still held.

        Raises:
            UserError: It does not, or is not.
        """
        try:
            with self._one_at_a_time:
                is_held = self._session.asks(self._session.dialect.is_mine, self._binding.workspace)
        except UserError:
            is_held = False
        if not is_held:
            raise UserError(
                f"metadata: the connection to {self._binding.address} was lost during the run; run again when the "
                "server answers, finished components are kept"
            )

    def keep(self) -> None:
        """Tells the server from time to time that this process is alive, until `end`."""
        while not self._over.wait(SILENCE_S / _BEATS):
            with contextlib.suppress(UserError):  # the next check says it
                self.check()

    def end(self) -> None:
        """Ends `keep`."""
        self._over.set()


@contextlib.contextmanager
def held(binding: Binding | None, workspace: Path) -> Iterator[Lock | None]:
    """Holds the lock on a workspace; without a shared store, there is nothing to hold.

    Args:
        binding: The workspace's store.
        workspace: The workspace, for the message.

    Raises:
        UserError: Another run holds it, or the server cannot be used.
    """
    if binding is None:
        yield None
        return
    with Session(binding.address) as session:
        session.execute(session.dialect.silence.format(SILENCE_S))
        if not session.asks(session.dialect.lock, binding.workspace):
            raise UserError(
                f"workspace: {workspace} is in use by another run, perhaps on another machine; wait for it to finish, "
                "or choose another folder with --workspace"
            )
        lock = Lock(session, binding)
        thread = threading.Thread(target=lock.keep, name="lock on the workspace", daemon=True)
        thread.start()
        try:
            yield lock
        finally:
            lock.end()
            thread.join()


def is_held(binding: Binding) -> bool:
    """Whether a run uses the workspace, on any machine."""
    with Session(binding.address) as session:
        return session.asks(session.dialect.is_locked, binding.workspace)
