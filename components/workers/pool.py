"""Starts worker processes for a Beam job server, and stops them again."""

import collections
import contextlib
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator

import grpc
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
)
from apache_beam.utils import thread_pool_executor

from components.workers import process

START_LIMIT_S = 600
"""Seconds that a worker may take to import what it needs; a busy machine takes a minute."""


@contextlib.contextmanager
def serving(host: str, port: int) -> Iterator[int]:
    """Serves a pool at an address, and ends its workers in the end.

    Args:
        host: Address to listen at.
        port: Port to listen at; 0 for a free one.

    Yields:
        The port.

    Raises:
        RuntimeError: The address cannot be used.
    """
    # Runners ping while nothing happens, which gRPC would answer by closing the connection.
    options = [
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.server(thread_pool_executor.shared_unbounded_instance(), options=options)
    port = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    pool = _Pool()
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None)
        pool.close()


class _Pool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts processes with the pipeline's options, which Beam's own pool does not pass on.

    Workers are known by their runner, too: every runner counts its own workers, and several use one pool, such as the
    task managers of a machine, or two jobs. The calls of a runner come from one address.
    """

    def __init__(self) -> None:
        self._workers: dict[tuple[str, str], _Worker] = {}

    def StartWorker(
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        """Starts a worker process, and returns when it is ready; see `beam_fn_api.proto`."""
        for key, worker in list(self._workers.items()):
            if worker.has_ended:  # it leaves by itself when its runner does
                self._workers.pop(key, None)
        try:
            worker = _Worker(request, _provision(request.provision_endpoint.url, request.worker_id))
            self._workers[context.peer(), request.worker_id] = worker
            worker.wait_until_ready()
        except Exception as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"{type(error).__name__}: {error}")
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        """Ends a worker process; see `beam_fn_api.proto`."""
        if worker := self._workers.pop((context.peer(), request.worker_id), None):
            worker.stop()
        return beam_fn_api_pb2.StopWorkerResponse()

    def close(self) -> None:
        """Ends all workers."""
        while self._workers:
            self._workers.popitem()[1].stop()


class WorkerNotStarted(RuntimeError):
    """A worker process ended, or took too long, before it was ready."""


class _Worker:
    def __init__(
        self, request: beam_fn_api_pb2.StartWorkerRequest, info: beam_provision_api_pb2.ProvisionInfo
    ) -> None:
        self._ready, ready = os.pipe()
        try:
            self._process = process.start(
                request.worker_id,
                request.control_endpoint,
                request.logging_endpoint,
                info.pipeline_options,
                info.runner_capabilities,
                ready=ready,
                stderr=subprocess.PIPE,
            )
        finally:
            os.close(ready)
        self._last: collections.deque[str] = collections.deque(maxlen=20)
        self._relay = threading.Thread(target=self._pass_on, daemon=True)
        self._relay.start()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait_until_ready(self) -> None:
        with os.fdopen(self._ready, "rb", buffering=0) as pipe:
            is_in_time = select.select([pipe], [], [], START_LIMIT_S)[0]
            if is_in_time and pipe.read(1):
                return
        self.stop()
        self._relay.join(timeout=10)
        said = next((line.strip() for line in reversed(self._last) if line.strip()), "it printed nothing")
        limit = f"a Beam worker process was ended after {START_LIMIT_S} s"
        how = process.ended(self._process.returncode) if is_in_time else limit
        raise WorkerNotStarted(f"before it was ready, {how}: {said}")

    def stop(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)  # it may be leaving already
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _pass_on(self) -> None:
        """Passes what the worker prints on to the pool's own log, and keeps the end of it."""
        for line in self._process.stderr or ():
            text = line.decode(errors="replace")
            self._last.append(text)
            sys.stderr.write(text)


def _provision(address: str, worker_id: str) -> beam_provision_api_pb2.ProvisionInfo:
    with grpc.insecure_channel(address) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        return service.GetProvisionInfo(request, timeout=60, metadata=[("worker_id", worker_id)]).info
