"""The scheduler of a Dask cluster: the only one that the coordinator speaks to."""

import collections
import contextlib
import dataclasses
import logging
import pickle
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reactive_schedules.extras import brought_by
from reactive_schedules.search.executor.address import ClusterError, Tls

with brought_by("cluster"):
    from distributed import Client, Future, Security
    from distributed.versions import VersionMismatchWarning

CONNECT_S = 10.0
"""Seconds for a scheduler to answer."""

RETRY_S = 5.0
"""Seconds between two attempts to reach a scheduler that has not answered, and for each of them."""


def connect(address: str, tls: Tls | None = None, timeout_s: float = CONNECT_S) -> Client:
    """Connects to a scheduler.

    Args:
        address: Its address, see `address.resolved`.
        tls: Certificates; by default, those of Dask's own configuration.
        timeout_s: Seconds for it to answer.

    Raises:
        ClusterError: It does not answer, or the certificates are wrong.
    """
    _quiet()
    security = _security(address, tls)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `environment` says it better
            return Client(
                address, timeout=timeout_s, security=security, set_as_default=False, name="reactive-schedules"
            )
    except (OSError, TimeoutError, ValueError) as error:
        hint = "; check that tls has its certificates" if address.startswith("tls") else ""
        raise ClusterError(
            f"cluster: no scheduler answers at {address} ({_cause(error)}); start it{hint}"
        ) from None


class Scheduler:
    """A connection to a scheduler, which is made anew when it is lost.

    Args:
        address: Address of the scheduler, see `address.resolved`.
        topic: Topic of the messages of this search. The keys of its tasks end with it.
        tls: Certificates; by default, those of Dask's own configuration.
        timeout_s: Seconds for the scheduler to answer.

    Raises:
        ClusterError: It does not answer, or the certificates are wrong.
    """

    def __init__(self, address: str, topic: str, tls: Tls | None, timeout_s: float) -> None:
        self._address, self._topic, self._tls, self._timeout_s = address, topic, tls, timeout_s
        self._inboxes: dict[str, collections.deque[dict[str, Any]]] = {}
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._ring.setblocking(False)
        self._client = connect(address, tls, timeout_s)
        self._client.subscribe_topic(topic, self._hear)

    def close(self) -> None:
        """Disconnects; what runs for this connection is then given up."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=self._timeout_s)
        self._bell.close()
        self._ring.close()

    def fileno(self) -> int:
        """File descriptor that becomes readable when there is a message or a result."""
        return self._bell.fileno()

    def heard(self) -> None:
        """Makes `fileno` wait for the next message."""
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)

    def workers(self) -> dict[str, tuple[str, bool]]:
        """Returns the name of each worker by address, and whether it has tasks of others.

        Raises:
            Exception: The scheduler does not answer.
        """
        if self._client.status in ("closed", "closing"):
            self._client = connect(self._address, self._tls, RETRY_S)
            self._client.subscribe_topic(self._topic, self._hear)
        remote: Any = self._client.scheduler
        identity = self._ask(remote.identity, n_workers=-1)
        tasks = self._ask(remote.processing, workers=None)
        return {
            address: (str(worker["name"]), any(self._topic not in str(key) for key in tasks.get(address, ())))
            for address, worker in identity["workers"].items()
        }

    def start(
        self,
        worker: str,
        name: str,
        function: Callable,
        *arguments: Any,
        inbox: "collections.deque[dict[str, Any]] | None" = None,
    ) -> Future:
        """Calls a function on a worker, and on no other, as a task.

        Args:
            worker: Address of the worker.
            name: Name of the task, which Dask's dashboard shows; different for each task.
            function: Function of an importable module.
            arguments: Its arguments.
            inbox: Where the messages of the task go.
        """
        key = f"{name}-{self._topic}"
        if inbox is not None:
            self._inboxes[key] = inbox
        # The scheduler unpickles what it gets, and need not have this project, so it gets bytes.
        future = self._client.submit(
            pickle.loads,
            pickle.dumps(_Call(function, arguments)),
            key=key,
            workers=[worker],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        future.add_done_callback(lambda _: self._rings())
        return future

    def result(self, future: Future) -> Any:
        """The result of a task that has finished, of which no copy is kept; raises what it has raised."""
        try:
            return future.result(timeout=self._timeout_s)
        finally:
            self.drop(future)

    def drop(self, future: Future) -> None:
        """Gives up a task, wherever it is, and does not wait for that."""
        self._inboxes.pop(str(future.key), None)
        future.release()

    def _ask(self, function: Callable, **arguments: Any) -> Any:
        return self._client.sync(function, callback_timeout=self._timeout_s, **arguments)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Called by Dask, in a thread of its own."""
        message = dict(event[1])
        inbox = self._inboxes.get(message.pop("key"))
        if inbox is not None:
            inbox.append(message)
            self._rings()

    def _rings(self) -> None:
        with contextlib.suppress(OSError):  # full: it has rung; closed: nobody listens any longer
            self._ring.send(b".")


@dataclasses.dataclass(frozen=True)
class _Call:
    """A call that happens when it is unpickled."""

    function: Callable
    arguments: tuple

    def __reduce__(self) -> tuple[Callable, tuple]:
        return self.function, self.arguments


def _security(address: str, tls: Tls | None) -> Security | None:
    if not address.startswith("tls"):
        return None
    if tls:
        for key, file in dataclasses.asdict(tls).items():
            try:
                Path(file).open("rb").close()
            except OSError as error:
                raise ClusterError(
                    f"tls.{key}: {file}: {error.strerror}; give the path of a PEM file"
                ) from None
        security = Security(
            tls_ca_file=tls.ca_file,
            tls_client_cert=tls.cert_file,
            tls_client_key=tls.key_file,
            require_encryption=True,
        )
    else:
        security = Security(require_encryption=True)
    try:
        context = security.get_connection_args("client").get("ssl_context")
    except OSError as error:
        raise ClusterError(
            f"tls: the certificates cannot be used ({_cause(error)}); give PEM files"
        ) from None
    if context is None:
        raise ClusterError(
            f"tls: {address} needs certificates; set tls, or distributed.comm.tls in Dask's own configuration"
        )
    return security


def _quiet() -> None:
    """Sends what Dask logs to where everything else goes, instead of to standard error."""
    for name in ("distributed", "distributed.client", "bokeh", "tornado", "tornado.application"):
        log = logging.getLogger(name)
        log.handlers.clear()
        log.propagate = True


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
