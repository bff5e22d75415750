"""Executes a compiled package with KFP's own driver and launcher; what is around them stands in for a cluster.

The object store, the Kubernetes API and the API server's list of tasks are servers of the tests, MLMD is the real one,
and Argo is the loop of the replay. The arguments of the programs are those that KFP's compiler writes into a workflow
(backend/src/v2/compiler/argocompiler).
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import kubernetes
from tests.kubeflow.driver import DriverError
from tests.kubeflow.launcher import TaskFailed
from tests.kubeflow.pod import Pod
from tests.kubeflow.programs.api import ACCOUNT, KubernetesApi
from tests.kubeflow.programs.records import Records
from tests.kubeflow.programs.s3 import S3
from tests.kubeflow.recording import RELEASES
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_17, Execution, Task
from tests.kubeflow.store import Recorded

_BIN, _RESULTS = "/kfp-launcher", "/kfp/results"


def release(programs: Path) -> str:
    """Which of the recorded releases the programs in a folder are of, by the options that they have."""
    options = subprocess.run([programs / "driver", "-h"], capture_output=True, text=True, check=False).stderr
    return "2.17.0" if "default_host_users" in options else "2.14.3"


class Programs(Cluster):
    """A Kubeflow Pipelines installation whose driver and launcher are KFP's.

    Args:
        programs: Folder with the executables `driver` and `launcher-v2`.
        folder: Folder for everything.
        claims: Persistent volume claims, by name.
        secrets: Kubernetes Secrets, by name.
        fail_fast: Whether no more tasks start once one has failed for good.
    """

    def __init__(
        self,
        programs: Path,
        folder: Path,
        claims: Mapping[str, Path] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        fail_fast: bool = True,
    ):
        super().__init__(folder, RELEASES[release(programs)], claims, secrets, fail_fast=fail_fast)
        buckets = folder / "objects/s3"
        buckets.mkdir(parents=True)
        (folder / "objects/minio").symlink_to(buckets)
        self._programs, self._store, self._records = programs.resolve(), S3(buckets), Records()
        self._api = KubernetesApi(folder / "account", self._secrets, f"127.0.0.1:{self._store.port}")
        self._roots: dict[str, int] = {}

    def close(self) -> None:
        """Ends the servers."""
        for server in (self._store, self._api, self._records):
            server.close()

    def _begin(self, execution: Execution) -> None:
        spec = execution.package.spec
        config = {
            "gcsOutputDirectory": execution.pipeline_root,
            "parameterValues": {
                name: json_format.MessageToDict(value) for name, value in execution.parameters.items()
            },
        }
        arguments = ["--type", "ROOT_DAG", "--component", _json(spec.root), "--runtime_config", _json(config)]
        self._roots[execution.name] = int(self._drive(execution, "root", arguments)["execution-id"])

    def _drive(self, execution: Execution, name: str, arguments: Sequence[str]) -> dict[str, str]:
        """Runs the driver.

        Returns:
            What it wrote.

        Raises:
            DriverError: It failed.
            TooLong: It cannot start.
        """
        own = {"KFP_POD_NAME": f"{name}-driver", "KFP_POD_UID": f"uid-{name}-driver"}
        results = execution.folder / "results" / name
        paths = ("execution-id", "iteration-count", "cached-decision", "condition", "pod-spec-patch")
        command = [
            f"{_BIN}/driver",
            *self._identity(execution),
            *("--run_name", execution.name, "--run_display_name", execution.name),
            *("--http_proxy", "", "--https_proxy", "", "--no_proxy", ""),
            *(part for each in paths for part in (f"--{each.replace('-', '_')}_path", f"{_RESULTS}/{each}")),
            *arguments,
        ]
        log = execution.logs / f"{name}-driver.log"
        pod = Pod(execution.folder / "pods" / f"{name}-driver", {**self._mounts(), _RESULTS: results})
        if self._start(pod, command, own, log, log):
            raise DriverError(_last(log))
        return {file.name: file.read_text() for file in results.iterdir()}

    def _identity(self, execution: Execution) -> list[str]:
        metadata = ("--mlmd_server_address", "127.0.0.1", "--mlmd_server_port", str(self._records.port))
        server = ("--ml_pipeline_server_address", "127.0.0.1")
        port = ("--ml_pipeline_server_port", str(self._records.port))
        names = ("--pipeline_name", execution.package.spec.pipeline_info.name, "--run_id", execution.name)
        return [*names, *metadata, *([*server, *port] if self._version is KFP_2_17 else [])]

    def _mounts(self) -> dict[str, Path]:
        return {ACCOUNT: self._api.account, _BIN: self._programs}

    def _start(
        self, pod: Pod, command: Sequence[str], env: Mapping[str, str], log: Path, errors: Path
    ) -> int:
        """Runs one of the programs in a pod, with the variables of the services; returns its exit code."""
        port = str(self._records.port)
        services = {
            "METADATA_GRPC_SERVICE_HOST": "127.0.0.1",
            "METADATA_GRPC_SERVICE_PORT": port,
            "ML_PIPELINE_SERVICE_HOST": "127.0.0.1",
            "ML_PIPELINE_SERVICE_PORT_GRPC": port,
            **self._api.env,
        }
        given = [kubernetes.expanded(part, {**services, **env}) for part in command]
        try:
            return pod.run(given, {**services, **env}, log, errors)
        except OSError as error:
            raise kubernetes.TooLong(os.strerror(error.errno or 0)) from None

    def _execute(self, execution: Execution, name: str) -> Task:
        package, parent = execution.package, str(self._roots[execution.name])
        task = package.tasks[name]
        component = package.component(task)
        executor = package.executors[component.executor_label]
        if executor.WhichOneof("spec") == "importer":
            return self._import(execution, name, executor.importer, parent)
        arguments = ["--type", "CONTAINER", "--dag_execution_id", parent, "--task_name", name]
        arguments += ["--component", _json(component), "--task", _json(task)]
        arguments += ["--container", _json(executor.container)]
        if component.executor_label in package.platform:
            arguments += ["--kubernetes_config", _json(package.platform[component.executor_label])]
        written = self._drive(execution, name, arguments)
        if written.get("condition") == "false":
            return Task("Skipped")
        if written.get("cached-decision") == "true":
            return Task("Cached", outputs=self._records.outputs(execution.name, name))
        patch = json.loads(written["pod-spec-patch"])
        (container,) = patch["containers"]
        command = [*container["command"], *container.get("args", [])]
        text = command[command.index("--executor_input") + 1]
        executor_input = json_format.Parse(text, spec_pb2.ExecutorInput())
        command[0] = f"{_BIN}/launcher-v2"
        env, volumes = self._env(container), self._volumes(patch, container)

        def attempt(own: Mapping[str, str], log: Path) -> dict[str, Recorded]:
            pod = Pod(execution.folder / "pods" / own["KFP_POD_NAME"], {**self._mounts(), **volumes})
            self._launch(pod, command, {**env, **own}, log)
            return self._records.outputs(execution.name, name)

        return self._attempts(execution, name, executor_input, attempt)

    def _import(self, execution: Execution, name: str, importer: Message, parent: str) -> Task:
        task = execution.package.tasks[name]
        command = [f"{_BIN}/launcher-v2", "--executor_type", "importer", *self._identity(execution)]
        command += ["--parent_dag_id", parent, "--importer_spec", _json(importer), "--task_spec", _json(task)]
        command += ["--component_spec", _json(execution.package.component(task))]
        command += ["--pod_name", "$(KFP_POD_NAME)", "--pod_uid", "$(KFP_POD_UID)"]
        own = {"KFP_POD_NAME": name, "KFP_POD_UID": f"uid-{name}"}
        try:
            self._launch(
                Pod(execution.folder / "pods" / name, self._mounts()),
                command,
                own,
                execution.logs / f"{name}.log",
            )
        except TaskFailed as error:
            raise DriverError(str(error)) from None
        return Task("Succeeded", outputs=self._records.outputs(execution.name, task.task_info.name))

    def _launch(self, pod: Pod, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        """Runs the launcher; what the command prints is in the log, what the launcher says in a file beside it."""
        errors = log.with_suffix(".err")
        if self._start(pod, command, env, log, errors):
            raise TaskFailed(_last(errors).removeprefix("failed to execute component: "))

    def _env(self, container: Mapping[str, Any]) -> dict[str, str]:
        env = {}
        for item in container.get("env", []):
            if reference := item.get("valueFrom", {}).get("secretKeyRef"):
                if reference["key"] not in self._secrets.get(reference["name"], {}):
                    raise DriverError(f"CreateContainerConfigError: secret {reference['name']!r} not found")
                env[item["name"]] = self._secrets[reference["name"]][reference["key"]]
            else:
                env[item["name"]] = item.get("value", "")
        return env

    def _volumes(self, patch: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, Path]:
        claims = {
            each["name"]: each["persistentVolumeClaim"]["claimName"]
            for each in patch.get("volumes", [])
            if "persistentVolumeClaim" in each
        }
        mounts = {each["mountPath"]: claims.get(each["name"]) for each in container.get("volumeMounts", [])}
        if missing := {claim for claim in mounts.values() if claim} - self._claims.keys():
            raise DriverError(f"persistentvolumeclaim {min(missing)!r} not found")
        return {path: self._claims[claim] for path, claim in mounts.items() if claim}


def _json(message: Message | Mapping[str, Any]) -> str:
    document = json_format.MessageToDict(message) if isinstance(message, Message) else message
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _last(log: Path) -> str:
    """The last line that a program has logged, without the place in its source."""
    lines = re.findall(
        r"^[EF]\d{4} [^\]]+\] (.+)$", log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
    )
    return lines[-1] if lines else "it failed without a word"
