"""Beam's runners for engines: a run that ends has its job cancelled, and faults are told in one line."""

import atexit
import contextlib
import re
import threading
from collections.abc import Iterator

import grpc
from apache_beam.options import pipeline_options
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners import runner
from apache_beam.runners.portability import flink_runner, portable_runner, spark_runner

from components.errors import UserError
from components.workers import flink, threads

_STATE = re.compile(r"^Pipeline \S+ failed in state \w+: +")
_REMEDIES = (
    (
        re.compile(r"Insufficient number of network buffers"),
        "Flink has too little network memory; increase taskmanager.memory.network.min and .max of its task managers "
        "(512 MB are enough for 16 slots), or lower --parallelism",
    ),
    (
        re.compile(r"ConnectException.*Connection refused|UNAVAILABLE: io exception"),
        "the engine reaches no worker pool at {pool}; start `python -m components.workers` next to each of its "
        "workers, or correct --environment_config",
    ),
    (re.compile(r"WorkerNotStarted: (.*)"), "a worker cannot start: {0}"),
    (
        re.compile(
            r"Waited 3 minutes .*SettableFuture|UNAVAILABLE: Network closed|CANCELLED: client cancelled"
        ),
        "a worker was lost; see whether its pool at {pool} runs, what it printed, and whether the machine has enough "
        "memory",
    ),
)
"""What an engine says, and what to do about it."""

_SUBMISSION_S = 25
"""Seconds in which a job server that sends its jars to a cluster may yet submit a job that it is told to cancel."""


class EngineError(UserError):
    """The engine cannot run a job as it is set up."""


class JobFailed(RuntimeError):
    """A job failed on the engine, or the engine was lost."""


class _OnEngine(portable_runner.PortableRunner):
    """Submits jobs that the job server is told to cancel when the process ends or waiting for them does."""

    def run_portable_pipeline(
        self, pipeline: beam_runner_api_pb2.Pipeline, options: pipeline_options.PipelineOptions
    ) -> "Job":
        portable = options.view_as(pipeline_options.PortableOptions)
        pool, server = portable.environment_config or "localhost:50000", portable.job_endpoint
        cluster = flink.named(options)
        threads.pass_on(options)
        with _told(pool, server):
            return Job(super().run_portable_pipeline(pipeline, options), pool, server, cluster)


class PortableRunner(_OnEngine):
    """Beam's runner for any job server."""


class FlinkRunner(_OnEngine, flink_runner.FlinkRunner):
    """Beam's runner for Flink."""


class SparkRunner(_OnEngine, spark_runner.SparkRunner):
    """Beam's runner for Spark."""


class Job(runner.PipelineResult):
    """A job on an engine.

    Args:
        submitted: The job as Beam's runner returns it.
        pool: Address of the worker pool, as the engine's workers see it.
        server: Address of the job server; None if Beam started one.
        cluster: The Flink cluster that runs the job; None if it is another engine, or its address is not known.
    """

    def __init__(
        self,
        submitted: runner.PipelineResult,
        pool: str,
        server: str | None,
        cluster: flink.Cluster | None = None,
    ) -> None:
        super().__init__(runner.PipelineState.UNKNOWN)
        self._submitted, self._pool, self._server, self._cluster = submitted, pool, server, cluster
        # Components run in a thread of the orchestrator, which an interrupt of the process does not reach.
        atexit.register(self._abandon)

    @property
    def state(self) -> str:
        """State of the job, as `PipelineState` names it."""
        return self._submitted.state

    def metrics(self) -> object:
        """Counters of the job; see `MetricResults`."""
        return self._submitted.metrics()

    def cancel(self) -> None:
        """Ends the job."""
        atexit.unregister(self._abandon)
        self._cancel()

    def wait_until_finish(self, duration: int | None = None) -> str:
        """Waits until the job has finished.

        Args:
            duration: Milliseconds to wait at most; without limit if None.

        Raises:
            EngineError: The engine is not set up for the job; the message says what to do.
            JobFailed: The job failed, or the engine was lost.
        """
        try:
            with _told(self._pool, self._server):
                state = self._submitted.wait_until_finish(duration)
        except BaseException as error:
            # What has failed submits nothing any more.
            self._abandon(submission_s=0 if isinstance(error, Exception) else _SUBMISSION_S)
            raise
        finally:
            atexit.unregister(self._abandon)
        return str(state)

    def _abandon(self, submission_s: float = _SUBMISSION_S) -> None:
        def cancel() -> None:
            with contextlib.suppress(Exception):  # the job has ended, or the engine is gone
                self._cancel(submission_s)

        thread = threading.Thread(target=cancel, daemon=True)
        thread.start()
        thread.join(timeout=submission_s + 10)  # a job server that is stuck answers nothing

    def _cancel(self, submission_s: float = _SUBMISSION_S) -> None:
        try:
            self._submitted.cancel()
        finally:
            if self._cluster:
                self._cluster.cancel(submission_s)


@contextlib.contextmanager
def _told(pool: str, server: str | None) -> Iterator[None]:
    try:
        yield
    except (grpc.RpcError, RuntimeError) as error:
        raise explained(error, pool, server) from error


def explained(error: Exception, pool: str, server: str | None) -> EngineError | JobFailed:
    """What an error of the job server or of a job means, on one line, and what to do where that is known.

    Args:
        error: Error that Beam raised.
        pool: Address of the worker pool, as the engine's workers see it.
        server: Address of the job server; None if Beam started one.
    """
    if isinstance(error, grpc.RpcError):
        details = error.details() if isinstance(error, grpc.Call) else str(error)
        return JobFailed(f"the job server{f' at {server}' if server else ''} was lost: {details}")
    said = _STATE.sub("", str(error))
    for pattern, remedy in _REMEDIES:
        if found := pattern.search(said):
            return EngineError(f"beam: {remedy.format(*found.groups(), pool=pool)}")
    return JobFailed(said)
