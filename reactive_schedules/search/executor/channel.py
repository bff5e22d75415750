"""One end of the connection between the coordinator and a process that runs trials."""

import json
import select
import socket
from collections.abc import Iterator, Mapping
from typing import Any

SEND_LIMIT_S = 30.0


class Channel:
    """Sends and receives messages, each a line of JSON, without ever waiting for the rest of one.

    Args:
        connection: Connected socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket, self._rest = connection, b""
        self.is_open = True

    def fileno(self) -> int:
        """Called by `poll`."""
        return self._socket.fileno()

    def send(self, message: Mapping[str, Any], limit_s: float | None = SEND_LIMIT_S) -> None:
        """Sends a message.

        Args:
            message: The message, as plain JSON.
            limit_s: Seconds to wait for the other end to make room; None waits until it does or is gone.

        Raises:
            OSError: The other end is gone, or made no room in time.
        """
        left = json.dumps(message).encode() + b"\n"
        while left:
            if not self._wait(select.POLLOUT, limit_s):
                raise TimeoutError("the other end does not read")
            left = left[self._socket.send(left) :]

    def received(self) -> list[dict[str, Any]]:
        """Returns the messages that are there; `is_open` becomes false when the other end is gone."""
        while True:
            try:
                data = self._socket.recv(2**20)
            except BlockingIOError:
                break
            except OSError:  # reset: the other end died with messages unread
                data = b""
            if not data:
                self.is_open = False
                break
            self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yields messages as they come, until the other end is gone."""
        while self.is_open:
            self._wait(select.POLLIN, None)
            yield from self.received()

    def _wait(self, event: int, limit_s: float | None) -> bool:
        poll = select.poll()  # `select.select` refuses the numbers of a process with many open files
        poll.register(self, event)
        return bool(poll.poll(None if limit_s is None else 1000 * limit_s))

    def close(self) -> None:
        """Closes the connection, which the other end notices."""
        self.is_open = False
        self._socket.close()
