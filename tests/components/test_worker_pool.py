"""The pool of workers for an engine, called as Flink and Spark call it."""

import contextlib
import subprocess
import sys

import grpc
import psutil
import pytest
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
)
from apache_beam.utils import thread_pool_executor
from google.protobuf import struct_pb2

from components.workers import pool
from tests.conftest import ROOT


class Provision(beam_provision_api_pb2_grpc.ProvisionServiceServicer):
    """A runner's service that tells workers the options of a pipeline."""

    def __init__(self, plugins):
        self.options = struct_pb2.Struct()
        self.options.update({"beam:option:beam_plugins:v1": plugins})

    def GetProvisionInfo(self, request, context):
        info = beam_provision_api_pb2.ProvisionInfo(pipeline_options=self.options)
        return beam_provision_api_pb2.GetProvisionInfoResponse(info=info)


@contextlib.contextmanager
def runner(port: int, *plugins: str):
    """Calls of a runner to the pool at a port, from a connection of its own: `start(id)` and `stop(id)`."""
    server = grpc.server(thread_pool_executor.shared_unbounded_instance())
    beam_provision_api_pb2_grpc.add_ProvisionServiceServicer_to_server(Provision(plugins), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()

    def start(worker_id):
        request = beam_fn_api_pb2.StartWorkerRequest(worker_id=worker_id)
        for endpoint in (request.provision_endpoint, request.control_endpoint, request.logging_endpoint):
            endpoint.url = address
        return service.StartWorker(request)

    def stop(worker_id):
        return service.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id=worker_id))

    alone = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=alone) as channel:
        service = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
        try:
            yield start, stop
        finally:
            server.stop(grace=None)


def workers() -> set[int]:
    """Worker processes of this process."""
    return {
        child.pid
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "components.workers.worker" in child.cmdline()
    }


def test_runners_that_count_their_workers_alike_do_not_stop_each_others():
    before = workers()
    with pool.serving("127.0.0.1", 0) as port, runner(port) as (start, stop), runner(port) as (begin, end):
        assert start("1-1").error == ""
        (first,) = workers() - before
        assert begin("1-1").error == ""
        (second,) = workers() - before - {first}
        stop("1-1")
        assert workers() - before == {second}
        end("1-1")
        assert workers() == before
        end("1-1")  # once more: there is nothing to stop
        start("1-2")
    assert workers() == before, "the end of a pool is that of its workers"


def test_a_worker_that_cannot_import_is_reported_with_its_last_line():
    with pool.serving("127.0.0.1", 0) as port, runner(port, "not_there") as (start, _):
        told = start("1-1").error
    assert told == (
        "WorkerNotStarted: before it was ready, a Beam worker process ended with exit code 1: "
        "ModuleNotFoundError: No module named 'not_there'"
    )


def test_two_pools_do_not_share_a_port():
    with pool.serving("127.0.0.1", 0) as port:
        command = [sys.executable, "-m", "components.workers", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"Error: Cannot listen at 127.0.0.1:{port}; is it in use?" in done.stderr


@pytest.mark.parametrize(
    ("host", "remark"), [("127.0.0.1", ""), ("0.0.0.0", "Whoever reaches 0.0.0.0:")], ids=["loopback", "any"]
)
def test_a_pool_that_others_reach_says_so(host, remark):
    command = [sys.executable, "-m", "components.workers", "--port", "0", "--host", host]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith(f"Worker pool at {host}:")
        started.terminate()
        _, said = started.communicate(timeout=600)
    assert started.returncode == 0
    assert remark in said
    assert ("Whoever" in said) == bool(remark)
