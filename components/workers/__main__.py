"""Serves worker processes to a Beam job server: `python -m components.workers --port 50000`.

Flink and Spark call this an external environment: one pool runs next to each of their workers, and the pipeline
refers to it with `--environment_type=EXTERNAL --environment_config=localhost:50000`.
"""

import signal
import sys
import threading

import click
import grpc
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
)
from apache_beam.runners.worker import worker_pool_main

from components.workers import process


class Pool(worker_pool_main.BeamFnExternalWorkerPoolServicer):
    """Starts and stops worker processes with the pipeline's options, which Beam's own pool does not pass on."""

    def StartWorker(
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        """Starts a worker process; see `beam_fn_api.proto`."""
        running = {name: worker for name, worker in self._worker_processes.items() if worker.poll() is None}
        self._worker_processes = running
        try:
            info = _provision(request.provision_endpoint.url, request.worker_id)
            running[request.worker_id] = process.start(
                request.worker_id,
                request.control_endpoint,
                request.logging_endpoint,
                info.pipeline_options,
                info.runner_capabilities,
            )
        except Exception as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"{type(error).__name__}: {error}")
        return beam_fn_api_pb2.StartWorkerResponse()


def _provision(address: str, worker_id: str) -> beam_provision_api_pb2.ProvisionInfo:
    with grpc.insecure_channel(address) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        return service.GetProvisionInfo(request, timeout=60, metadata=[("worker_id", worker_id)]).info


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=50000, show_default=True, help="Port to listen on."
)
def main(port: int) -> None:
    """Serves worker processes to a Beam job server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # also ends the workers
    address, server = Pool.start(use_process=True, port=port)
    click.echo(f"Worker pool at {address}")
    try:
        threading.Event().wait()
    finally:
        server.stop(grace=None)


if __name__ == "__main__":
    main()
