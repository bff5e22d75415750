"""A way to an object store that is cut where a test says."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Proxy:
    """Passes on what it gets, until a request matches a pattern.

    Args:
        url: URL of the store.

    Attributes:
        stalls: Pattern of the first line of the request after which nothing more passes.
        breaks: Pattern of that after which all connections are closed and none is made.
        stalled: Set once one of them has come.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.stalls: str | None = None
        self.breaks: str | None = None
        self.stalled = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        """Refuses new connections."""
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection((self._target.hostname, self._target.port))
                for source, target, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(source, target, asks), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError), source, target:
            while data := source.recv(2**16):
                for pattern in (self.stalls, self.breaks) if asks else ():
                    if pattern and re.match(pattern.encode(), data):
                        self.stalled.set()
                if self.stalled.is_set() and self.breaks:
                    self._server.close()
                    return
                if self.stalled.is_set():
                    continue
                target.sendall(data)


@contextlib.contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """A proxy that ends with the context."""
    found = Proxy(url)
    try:
        yield found
    finally:
        found.close()
