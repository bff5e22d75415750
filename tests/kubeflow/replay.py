"""Executes a compiled package as open-source Kubeflow Pipelines does, without a cluster.

    python -m tests.kubeflow.replay pipeline.yaml FOLDER [--param name=value …]

prints a table of tasks and seconds. The rules follow KFP's Go code at 2.17; each module names its source.
"""

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import conditions, driver
from tests.kubeflow.launcher import TaskFailed, launch
from tests.kubeflow.package import Package
from tests.kubeflow.pod import Pod
from tests.kubeflow.store import Metadata, ObjectStore, Recorded


@dataclasses.dataclass(frozen=True)
class Version:
    """Differences between releases of KFP.

    Attributes:
        publish_logs: Whether tasks have an output `executor-logs` (from 2.5 on).
        file_in_task_root: Whether the output file is next to the outputs (from 2.15 on), not in /tmp/kfp_outputs.
    """

    publish_logs: bool
    file_in_task_root: bool


KFP_2_0 = Version(publish_logs=False, file_in_task_root=False)
KFP_2_5 = Version(publish_logs=True, file_in_task_root=False)
KFP_2_15 = Version(publish_logs=True, file_in_task_root=True)


@dataclasses.dataclass
class Task:
    """The end of a task: `Succeeded`, `Cached`, `Skipped`, `Omitted` (an earlier task failed) or `Failed`."""

    state: str
    seconds: float = 0.0
    error: str = ""
    attempts: int = 1
    outputs: Mapping[str, Recorded] = dataclasses.field(default_factory=dict)


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
    """

    def __init__(
        self,
        folder: Path,
        version: Version = KFP_2_15,
        claims: Mapping[str, Path] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ):
        self.objects = ObjectStore(folder / "objects")
        self._folder, self._version = folder, version
        self._claims, self._secrets = dict(claims or {}), dict(secrets or {})
        self._metadata = Metadata()
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
        except (driver.DriverError, TaskFailed) as error:
            task = Task("Failed", error=str(error))
        return dataclasses.replace(task, seconds=time.perf_counter() - start)

    def _execute(self, execution: "_Execution", name: str) -> Task:
        package = execution.package
        task = package.tasks[name]
        component = package.component(task)
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
        version = self._version
        outputs = driver.provision_outputs(
            execution.root, name, component, version.publish_logs, version.file_in_task_root
        )
        executor_input.outputs.CopyFrom(outputs)
        env, volumes, claims = self._pod(package, component.executor_label)
        key = (package.spec.pipeline_info.name, driver.cache_key(executor_input, executor.container, claims))
        if task.caching_options.enable_cache and key in self._cache:
            return Task("Cached", outputs=self._cache[key])
        error = None
        for attempt in range(1 + task.retry_policy.max_retry_count):
            # A new pod for each attempt, but with the outputs that the driver provided at first.
            retried = spec_pb2.ExecutorInput.FromString(executor_input.SerializeToString())
            pod = Pod(execution.folder / "pods" / f"{name}-{attempt}", volumes)
            log = execution.logs / f"{name}-{attempt}.log"
            with contextlib.suppress(FileExistsError):
                log.touch(exist_ok=False)
            try:
                recorded = launch(retried, executor.container, env, pod, self.objects, self._metadata, log)
            except TaskFailed as failure:
                error = failure
                continue
            if task.caching_options.enable_cache:
                self._cache[key] = recorded
            return Task("Succeeded", outputs=recorded, attempts=attempt + 1)
        return Task("Failed", error=str(error), attempts=attempt + 1)

    def _pod(self, package: Package, label: str) -> tuple[dict[str, str], dict[str, Path], list[str]]:
        """Environment, volumes and claims of a pod; what is missing in the cluster keeps it from starting."""
        container, platform = package.executors[label].container, package.platform.get(label)
        env = {item.name: item.value for item in container.env}
        volumes, claims = {}, []
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

    def __init__(self, package: Package, parameters: Mapping[str, Any], root: str, folder: Path):
        self.package, self.parameters, self.root, self.folder = package, parameters, root, folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.tasks: dict[str, Task] = {}

    def produced(self) -> dict[str, Mapping[str, Recorded]]:
        return {name: task.outputs for name, task in list(self.tasks.items())}

    def ready(self) -> list[str]:
        """Tasks to start now; those whose turn never comes are marked as omitted or skipped."""
        found = []
        for name, task in sorted(self.package.tasks.items()):
            if name in self.tasks:
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
