"""Beam's local runner with worker processes that get the pipeline's options and are watched."""

import os
import threading

from apache_beam.options import pipeline_options
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2, beam_provision_api_pb2, beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner, worker_handlers
from apache_beam.runners.portability.portable_runner import JobServiceHandle

from components.workers import process

_ENVIRONMENT = "worker_process:v1"


class WorkerEnded(RuntimeError):
    """A worker process has ended before its work was done.

    Attributes:
        pid: Id of the process.
    """

    def __init__(self, reason: str, pid: int) -> None:
        super().__init__(reason)
        self.pid = pid


class ProcessRunner(fn_runner.FnApiRunner):
    """Runs a pipeline in `--direct_num_workers` processes; needs `--direct_running_mode=multi_processing`.

    Beam's FnApiRunner does not pass the options, such as `--beam_plugins`, to its worker processes, and waits forever
    for a process that has died.
    """

    def run_via_runner_api(
        self, pipeline_proto: beam_runner_api_pb2.Pipeline, options: pipeline_options.PipelineOptions
    ) -> fn_runner.RunnerResult:
        """Runs the pipeline; see the base class.

        Raises:
            WorkerEnded: A worker process ended too early.
            RuntimeError: The work failed.
        """
        self._provision_info = job = _Job(options)
        for environment in pipeline_proto.components.environments.values():
            if environment.urn == python_urns.SUBPROCESS_SDK:
                environment.urn = _ENVIRONMENT
        try:
            return super().run_via_runner_api(pipeline_proto, options)
        except Exception as error:
            # Which connection first notices the end of a worker varies, and so does the error that it raises.
            if job.ended:
                raise job.ended[0] from error
            raise


class _Job(fn_runner.ExtendedProvisionInfo):
    """The options and the number of threads for workers; `ended` lists those that ended too early, in order."""

    def __init__(self, options: pipeline_options.PipelineOptions) -> None:
        encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
        super().__init__(beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded))
        self.ended: list[WorkerEnded] = []
        cores = len(os.sched_getaffinity(0))
        workers = options.view_as(pipeline_options.DirectOptions).direct_num_workers or cores
        self.threads = max(1, cores // workers)  # so that workers do not compete for cores

    def for_environment(self, environment: beam_runner_api_pb2.Environment) -> "_Job":
        """Returns the same information for every environment: workers already have all dependencies."""
        return self


@worker_handlers.WorkerHandler.register_environment(_ENVIRONMENT, bytes)
class _WorkerProcess(worker_handlers.GrpcWorkerHandler):
    provision_info: _Job

    def __init__(
        self,
        _command: bytes,
        state: worker_handlers.StateServicer,
        provision_info: _Job,
        grpc_server: worker_handlers.GrpcServer,
    ) -> None:
        super().__init__(state, provision_info, grpc_server)
        self._closing = threading.Event()

    def start_worker(self) -> None:
        self._process = process.start(
            self.worker_id,
            self.control_api_service_descriptor(),
            self.logging_api_service_descriptor(),
            self.provision_info.provision_info.pipeline_options,
            worker_handlers.FNAPI_RUNNER_CAPABILITIES,
            self.provision_info.threads,
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        code = self._process.wait()
        reason = process.ended(code)
        if code or not self._closing.is_set():
            self.provision_info.ended.append(WorkerEnded(reason, self._process.pid))
        # Answers all requests to the worker, pending or future, with this error.
        answer = beam_fn_api_pb2.InstructionResponse(error=reason)
        while not self._closing.wait(timeout=0.2):
            for future in list(self.control_conn._futures_by_id.values()):
                if not future.is_done():
                    future.set(answer)

    def close(self) -> None:
        self._closing.set()
        super().close()

    def stop_worker(self) -> None:
        self._watcher.join(timeout=10)  # the worker has been told to end
        self._process.kill()
        self._watcher.join()
