"""Executes a compiled package as open-source Kubeflow Pipelines does, without a cluster.

    python -m tests.kubeflow.replay pipeline.yaml FOLDER [--param name=value …]

prints a table of tasks and seconds. The rules follow KFP's Go code at 2.17, and agree with what its programs did
(test_recorded.py); each module names its source.
"""

import dataclasses
import itertools
import time
from collections.abc import Mapping, Sequence
from concurrent import futures
from pathlib import Path
from typing import Any

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import argo, conditions, driver, kubernetes
from tests.kubeflow.launcher import Launcher, TaskFailed
from tests.kubeflow.package import Package
from tests.kubeflow.pod import Pod
from tests.kubeflow.store import Metadata, ObjectStore, Recorded


@dataclasses.dataclass(frozen=True)
class Version:
    """Differences between releases of KFP.

    Attributes:
        publish_logs: Whether tasks have an output `executor-logs` (from 2.5 on).
        task_root: Whether outputs have names, and the output file is beside them (from 2.15 on), not in
            /tmp/kfp_outputs.
        logs_of_failures: Whether the log of a task that failed is uploaded (from 2.16 on).
        retry_index: Whether each attempt knows its number and has a log of its own (from 2.16.1 on).
    """

    publish_logs: bool
    task_root: bool = False
    logs_of_failures: bool = False
    retry_index: bool = False


KFP_2_4 = Version(publish_logs=False)
KFP_2_5 = Version(publish_logs=True)
KFP_2_15 = Version(publish_logs=True, task_root=True)
KFP_2_17 = Version(publish_logs=True, task_root=True, logs_of_failures=True, retry_index=True)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The end of one pod: the launcher's error, empty if there is none, and its own variables."""

    error: str
    environment: Mapping[str, str]


@dataclasses.dataclass
class Task:
    """The end of a task: `Succeeded`, `Cached`, `Skipped`, `Omitted` (an earlier task failed) or `Failed`.

    The error is the launcher's, then the last line of the log.
    """

    state: str
    seconds: float = 0.0
    error: str = ""
    outputs: Mapping[str, Recorded] = dataclasses.field(default_factory=dict)
    tried: Sequence[Attempt] = ()
    given: spec_pb2.ExecutorInput | None = None

    @property
    def attempts(self) -> int:
        """Number of pods."""
        return len(self.tried)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run: its tasks by name, and its logs."""

    tasks: dict[str, Task]
    logs: Path
    seconds: float

    def table(self) -> str:
        """Tasks with their states and seconds."""
        rows = [f"{name:18}{task.state:10}{task.seconds:7.1f}" for name, task in self.tasks.items()]
        return "\n".join([*rows, f"{'all':28}{self.seconds:7.1f}"])

    def failure(self) -> str:
        """The first error, with the task's name."""
        return next((f"{name}: {task.error}" for name, task in self.tasks.items() if task.error), "")


class Cluster:
    """A Kubeflow Pipelines installation: keeps objects, metadata and the cache between runs.

    Args:
        folder: Folder for everything.
        version: Release of KFP.
        claims: Persistent volume claims, by name.
        secrets: Kubernetes Secrets, by name.
        lasting: Seconds that each attempt at a task is said to take, by task; Argo's deadlines count with them.
        fail_fast: Whether no more tasks start once one has failed for good, as in the workflows that KFP makes.
    """

    def __init__(
        self,
        folder: Path,
        version: Version = KFP_2_17,
        claims: Mapping[str, Path] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        lasting: Mapping[str, float] | None = None,
        fail_fast: bool = True,
    ):
        self.objects = ObjectStore(folder / "objects")
        self._folder, self._version = folder, version
        self._claims, self._secrets = dict(claims or {}), dict(secrets or {})
        self._lasting, self._fail_fast = dict(lasting or {}), fail_fast
        self._metadata = Metadata()
        self._launcher = Launcher(
            self.objects, self._metadata, version.logs_of_failures, log_per_attempt=version.retry_index
        )
        self._cache: dict[tuple[str, str], Mapping[str, Recorded]] = {}
        self._numbers = itertools.count(1)

    def run(self, text: str, parameters: Mapping[str, Any] | None = None, workers: int = 2) -> Run:
        """Runs a package.

        Args:
            text: Text of the package.
            parameters: Parameters given at submission.
            workers: Number of pods at a time.

        Raises:
            Refused: KFP rejects the package.
            DriverError: KFP rejects the parameters.
        """
        package = Package(text)
        number = next(self._numbers)
        folder = self._folder / f"run-{number}"
        execution = _Execution(
            package,
            driver.root_parameters(package.spec, parameters or {}),
            self._fail_fast,
            f"{package.spec.default_pipeline_root}/{package.spec.pipeline_info.name}/run-{number}",
            folder,
        )
        start = time.perf_counter()
        with futures.ThreadPoolExecutor(workers) as pool:
            running: dict[futures.Future, str] = {}
            while True:
                for name in execution.ready():
                    execution.tasks[name] = Task("Running")
                    running[pool.submit(self._task, execution, name)] = name
                if not running:
                    break
                for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                    execution.tasks[running.pop(future)] = future.result()
        return Run(execution.tasks, execution.logs, time.perf_counter() - start)

    def _task(self, execution: "_Execution", name: str) -> Task:
        start = time.perf_counter()
        try:
            task = self._execute(execution, name)
        except (driver.DriverError, kubernetes.TooLong, ValueError) as error:
            task = Task("Failed", error=str(error))
        return dataclasses.replace(task, seconds=time.perf_counter() - start)

    def _execute(self, execution: "_Execution", name: str) -> Task:
        package = execution.package
        pod = {"KFP_POD_NAME": f"{name}-driver", "KFP_POD_UID": f"uid-{name}-driver"}
        task = kubernetes.passed(package.tasks[name], pod)
        component = kubernetes.passed(package.component(task), pod)
        inputs = driver.resolve_inputs(task, component, execution.parameters, execution.produced())
        executor = package.executors[component.executor_label]
        if executor.WhichOneof("spec") == "importer":
            (output,) = component.output_definitions.artifacts
            uri = inputs.parameter_values[executor.importer.artifact_uri.runtime_parameter].string_value
            if driver.local_path(uri) is None:
                raise driver.DriverError(f"no provider scheme found in artifact URI: {uri}")
            return Task("Succeeded", outputs={output: self._metadata.find_or_import(uri)})
        executor_input = spec_pb2.ExecutorInput(inputs=inputs)
        condition = task.trigger_policy.condition
        if condition and not _holds(condition, executor_input):
            return Task("Skipped")
        outputs = driver.provision_outputs(
            execution.root, name, component, self._version.publish_logs, self._version.task_root
        )
        executor_input.outputs.CopyFrom(outputs)
        container = kubernetes.passed(executor.container, pod)
        env, volumes, claims = self._pod(package, component.executor_label)
        env |= {item.name: item.value for item in container.env}
        key = (package.spec.pipeline_info.name, driver.cache_key(executor_input, container, claims))
        if task.caching_options.enable_cache and key in self._cache:
            return Task("Cached", outputs=self._cache[key])
        ended = self._attempts(execution, name, executor_input, container, env, volumes)
        if ended.state == "Succeeded" and task.caching_options.enable_cache:
            self._cache[key] = ended.outputs
        return ended

    def _attempts(
        self,
        execution: "_Execution",
        name: str,
        executor_input: spec_pb2.ExecutorInput,
        container: spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec,
        env: Mapping[str, str],
        volumes: Mapping[str, Path],
    ) -> Task:
        """Runs a task until it succeeds or Argo gives up; each attempt has a new pod, but the same outputs."""
        task = execution.package.tasks[name]
        retries, tried, now = argo.Retries.of(task.retry_policy), [], 0.0
        while True:
            number = len(tried)
            own = {"KFP_POD_NAME": f"{name}-{number}", "KFP_POD_UID": f"uid-{name}-{number}"}
            if task.HasField("retry_policy") and self._version.retry_index:
                own["KFP_RETRY_INDEX"] = str(number)
            log = execution.logs / f"{name}-{number}.log"
            log.touch()
            began, outputs, error = time.perf_counter(), {}, ""
            ends = now + self._lasting.get(name, 0.0)
            try:
                if number and ends > retries.deadline:
                    raise TaskFailed("Pod was active on the node longer than the specified deadline")
                pod = Pod(execution.folder / "pods" / f"{name}-{number}", volumes)
                outputs = self._launcher.run(executor_input, container, {**env, **own}, pod, log)
            except TaskFailed as failure:
                error = f"failed to execute component: {failure}"
            tried.append(Attempt(error, own))
            if not error:
                return Task("Succeeded", outputs=outputs, tried=tried, given=executor_input)
            ends = max(ends, now + time.perf_counter() - began)
            if (start := retries.next_start(len(tried), ends)) is None:
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
                return Task("Failed", error=f"{error}: {lines[-1]}", tried=tried, given=executor_input)
            now = start

    def _pod(self, package: Package, label: str) -> tuple[dict[str, str], dict[str, Path], list[str]]:
        """Variables from secrets, volumes and claims of a pod; what is missing in the cluster keeps it from starting."""
        platform = package.platform.get(label)
        env, volumes, claims = {}, {}, []
        if platform is None:
            return env, volumes, claims
        for secret in platform.secret_as_env:
            name = secret.secret_name_parameter.runtime_value.constant.string_value
            for item in secret.key_to_env:
                try:
                    env[item.env_var] = self._secrets[name][item.secret_key]
                except KeyError:
                    raise driver.DriverError(
                        f"CreateContainerConfigError: secret {name!r} not found"
                    ) from None
        for volume in platform.pvc_mount:
            claim = volume.pvc_name_parameter.runtime_value.constant.string_value
            if claim not in self._claims:
                raise driver.DriverError(f"persistentvolumeclaim {claim!r} not found")
            volumes[volume.mount_path] = self._claims[claim]
            claims.append(claim)
        return env, volumes, claims


def _holds(condition: str, executor_input: spec_pb2.ExecutorInput) -> bool:
    try:
        return conditions.holds(condition, executor_input)
    except (ValueError, KeyError, SyntaxError) as error:
        raise driver.DriverError(f"condition {condition!r}: {error!r}") from None


class _Execution:
    """A run in progress."""

    def __init__(
        self, package: Package, parameters: Mapping[str, Any], fail_fast: bool, root: str, folder: Path
    ):
        self.package, self.parameters, self.root, self.folder = package, parameters, root, folder
        self._fail_fast = fail_fast
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.tasks: dict[str, Task] = {}

    def produced(self) -> dict[str, Mapping[str, Recorded]]:
        return {name: task.outputs for name, task in list(self.tasks.items())}

    def ready(self) -> list[str]:
        """Tasks to start now; those whose turn never comes are marked as omitted or skipped."""
        found = []
        failed = self._fail_fast and any(task.state == "Failed" for task in self.tasks.values())
        for name, task in sorted(self.package.tasks.items()):
            if name in self.tasks:
                continue
            if failed:
                self.tasks[name] = Task("Omitted")
                continue
            before = [self.tasks.get(other, Task("Running")).state for other in self.package.needs(task)]
            if any(state in ("Failed", "Omitted", "Skipped") for state in before):
                self.tasks[name] = Task("Omitted")
                return self.ready()
            if "Running" not in before:
                found.append(name)
        return found


def _main() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--param", action="append", default=[])
    arguments = parser.parse_args()
    given = dict(item.split("=", 1) for item in arguments.param)
    values = {name: int(value) if value.isdecimal() else value for name, value in given.items()}
    run = Cluster(arguments.folder).run(arguments.package.read_text(), values)
    print(run.table())
    if run.failure():
        raise SystemExit(f"{run.failure()}\nLogs: {run.logs}")


if __name__ == "__main__":
    _main()
