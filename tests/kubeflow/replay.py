"""Executes a compiled package as open-source Kubeflow Pipelines does, without a cluster.

    python -m tests.kubeflow.replay pipeline.yaml FOLDER [--param name=value …]

prints a table of tasks and seconds. The rules follow KFP's Go code at 2.17, and agree with what its programs did
(test_recorded.py); each module names its source.
"""

import dataclasses
import itertools
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import argo, conditions, driver, kubernetes
from tests.kubeflow.launcher import Launcher, TaskFailed
from tests.kubeflow.package import Package
from tests.kubeflow.pod import Pod
from tests.kubeflow.run import KFP_2_17, Attempt, Execution, Run, Task, Version
from tests.kubeflow.store import Metadata, ObjectStore, Recorded


class Cluster:
    """A Kubeflow Pipelines installation: keeps objects, metadata and the cache between runs.

    Args:
        folder: Folder for everything.
        version: Release of KFP.
        claims: Persistent volume claims, by name.
        secrets: Kubernetes Secrets, by name.
        lasting: Seconds that each attempt at a task is said to take, by task; Argo's deadlines count with them.
        fail_fast: Whether no more tasks start once one has failed for good, as in the workflows that KFP makes.
        scheduled: Function of a task's name that says whether the cluster has room for its pod yet.
    """

    def __init__(
        self,
        folder: Path,
        version: Version = KFP_2_17,
        claims: Mapping[str, Path] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        lasting: Mapping[str, float] | None = None,
        fail_fast: bool = True,
        scheduled: Callable[[str], bool] = lambda name: True,
    ):
        self.objects = ObjectStore(folder / "objects")
        self._folder, self._version = folder, version
        self._claims, self._secrets = dict(claims or {}), dict(secrets or {})
        self._lasting, self._fail_fast, self._scheduled = dict(lasting or {}), fail_fast, scheduled
        self._metadata = Metadata()
        self._launcher = Launcher(
            self.objects, self._metadata, version.logs_of_failures, log_per_attempt=version.retry_index
        )
        self._cache: dict[tuple[str, str], Mapping[str, Recorded]] = {}
        self._numbers = itertools.count(1)

    def run(
        self,
        text: str,
        parameters: Mapping[str, Any] | None = None,
        workers: int = 2,
        root: str | None = None,
    ) -> Run:
        """Runs a package.

        Args:
            text: Text of the package.
            parameters: Parameters given at submission.
            workers: Number of pods at a time.
            root: Pipeline root given at submission; by default, that of the package.

        Raises:
            Refused: KFP rejects the package.
            DriverError: KFP rejects the parameters.
        """
        package = Package(text)
        values = driver.root_parameters(package.spec, parameters or {})
        number = next(self._numbers)
        folder = self._folder / f"run-{number}"
        execution = Execution(package, values, self._fail_fast, number, folder, root)
        start = time.perf_counter()
        self._begin(execution)
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

    def _begin(self, execution: Execution) -> None:
        """What happens before the first task."""

    def _task(self, execution: Execution, name: str) -> Task:
        start = time.perf_counter()
        try:
            task = self._execute(execution, name)
        except (driver.DriverError, kubernetes.TooLong, ValueError) as error:
            task = Task("Failed", error=str(error))
        return dataclasses.replace(task, seconds=time.perf_counter() - start)

    def _execute(self, execution: Execution, name: str) -> Task:
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

        def attempt(own: Mapping[str, str], log: Path) -> dict[str, Recorded]:
            while not self._scheduled(name):
                time.sleep(0.2)
            place = Pod(execution.folder / "pods" / own["KFP_POD_NAME"], volumes)
            return self._launcher.run(
                executor_input, container, {**env, **own}, place, log, execution.pipeline_root
            )

        ended = self._attempts(execution, name, executor_input, attempt)
        if ended.state == "Succeeded" and task.caching_options.enable_cache:
            self._cache[key] = ended.outputs
        return ended

    def _attempts(
        self,
        execution: Execution,
        name: str,
        executor_input: spec_pb2.ExecutorInput,
        attempt: Callable[[Mapping[str, str], Path], Mapping[str, Recorded]],
    ) -> Task:
        """Runs a task until it succeeds or Argo gives up; each attempt has a new pod, but the same outputs.

        Args:
            execution: The run.
            name: Name of the task.
            executor_input: What the task is given.
            attempt: Function of the variables of a pod and the file for its log that returns the outputs, and raises
                `TaskFailed`.
        """
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
                outputs = attempt(own, log)
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
