"""What KFP's launcher does in the pod of a task (backend/src/v2/component/launcher_v2.go)."""

import dataclasses
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import kubernetes
from tests.kubeflow.driver import local_path
from tests.kubeflow.pod import Pod
from tests.kubeflow.store import Metadata, ObjectStore, Recorded

LOGS = "executor-logs"


class TaskFailed(Exception):
    """A task broke the launcher's contract."""


@dataclasses.dataclass(frozen=True)
class Launcher:
    """The launcher of a release.

    Attributes:
        objects: Object store.
        metadata: Metadata store.
        logs_of_failures: Whether the log of a task that failed is uploaded.
        log_per_attempt: Whether the name of the log ends with the number of the attempt.
    """

    objects: ObjectStore
    metadata: Metadata
    logs_of_failures: bool
    log_per_attempt: bool

    def run(
        self,
        executor_input: spec_pb2.ExecutorInput,
        container: spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec,
        env: Mapping[str, str],
        pod: Pod,
        log: Path,
        root: str,
    ) -> dict[str, Recorded]:
        """Runs a task: downloads, the command with its placeholders filled in, uploads.

        Args:
            executor_input: Inputs and outputs of the task.
            container: Its command and arguments.
            env: Variables of the pod.
            pod: Files of the pod.
            log: Where the output of the command goes.
            root: Pipeline root of the run, whose bucket is the one with settings of its own.

        Returns:
            Its outputs, as recorded.

        Raises:
            TaskFailed: The command failed, or its output is unusable.
            TooLong: The pod cannot start.
        """
        executor_input = kubernetes.passed(executor_input, env)
        outputs = executor_input.outputs.artifacts
        if LOGS in outputs and self.log_per_attempt:
            outputs[LOGS].artifacts[0].uri += f"-{env.get('KFP_RETRY_INDEX', '0')}"
        self._prepare(executor_input, env, pod, root)
        given = [kubernetes.expanded(part, env) for part in (*container.command, *container.args)]
        code = pod.run([_filled(part, executor_input) for part in given], env, log)
        if LOGS in outputs:
            shutil.copyfile(log, pod.path(local_path(outputs[LOGS].artifacts[0].uri)))
        try:
            if code != 0:
                raise TaskFailed(f"exit status {code}" if code > 0 else "signal: killed")
            output = _read_output(executor_input.outputs.output_file, pod)
        except TaskFailed:
            if LOGS in outputs and self.logs_of_failures:
                self._keep(LOGS, outputs[LOGS].artifacts[0], pod)
            raise
        for name, item in outputs.items():
            if name in output.artifacts and output.artifacts[name].artifacts:
                _merge(output.artifacts[name].artifacts[0], item.artifacts[0])
        # In KFP, the order is by chance.
        first = sorted(outputs, key=lambda name: (name != LOGS, name))
        return {name: self._keep(name, outputs[name].artifacts[0], pod) for name in first}

    def _prepare(
        self, executor_input: spec_pb2.ExecutorInput, env: Mapping[str, str], pod: Pod, root: str
    ) -> None:
        """Downloads the inputs, makes the folders of the outputs, and the file of the log.

        It has the settings of the object store for the bucket of the pipeline root alone (fetchNonDefaultBuckets).
        """
        for name, item in executor_input.inputs.artifacts.items():
            for artifact in item.artifacts:
                if path := local_path(artifact.uri):
                    bucket = _bucket(artifact.uri)
                    if bucket != _bucket(root) and bucket[0] != "gs:" and "AWS_REGION" not in env:
                        raise TaskFailed(
                            f'failed to download input artifact "{name}" from remote storage URI "{artifact.uri}": '
                            "Invalid region: region was not a valid DNS name."
                        )
                    self.objects.download(artifact.uri, pod.path(path))
        for name, item in executor_input.outputs.artifacts.items():
            path = pod.path(local_path(item.artifacts[0].uri))
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == LOGS:
                path.touch()

    def _keep(self, name: str, artifact: spec_pb2.RuntimeArtifact, pod: Pod) -> Recorded:
        """uploadOutputArtifacts"""
        path = local_path(artifact.uri)
        if path is None:
            raise TaskFailed(f"output {name} has the URI {artifact.uri}: unsupported storage scheme")
        try:
            self.objects.upload(pod.path(path), artifact.uri)
        except FileNotFoundError:
            pass  # a warning: "We allow components to not produce output files"
        except IsADirectoryError as error:
            raise TaskFailed(
                f'failed to upload output artifact "{name}" to remote storage URI "{artifact.uri}": uploadFile(): '
                f"unable to complete copying {str(error.filename)!r}"
            ) from None
        try:
            return self.metadata.record(name, artifact)
        except ValueError as error:
            raise TaskFailed(f'unable to produce MLMD artifact for output "{name}": {error}') from None


def _bucket(uri: str) -> tuple[str, ...]:
    scheme, _, name, *_ = uri.split("/")
    return scheme, name


def _filled(text: str, executor_input: spec_pb2.ExecutorInput) -> str:
    text = text.replace("{{$}}", json_format.MessageToJson(executor_input, indent=None))
    for direction in ("inputs", "outputs"):
        for name, item in getattr(executor_input, direction).artifacts.items():
            uri = item.artifacts[0].uri
            text = text.replace(f"{{{{$.{direction}.artifacts['{name}'].uri}}}}", uri)
            text = text.replace(f"{{{{$.{direction}.artifacts['{name}'].path}}}}", local_path(uri) or "")
    for name, value in executor_input.inputs.parameter_values.items():
        plain = json_format.MessageToDict(value)
        if isinstance(plain, float) and math.isfinite(plain) and plain.is_integer():
            plain = int(plain)
        text = text.replace(f"{{{{$.inputs.parameters['{name}']}}}}", str(plain))
    return text


def _read_output(path: str, pod: Pod) -> spec_pb2.ExecutorOutput:
    """getExecutorOutputFile: no file is no output; an unknown field fails the task."""
    file = pod.path(path)
    if not file.exists():
        return spec_pb2.ExecutorOutput()
    try:
        return json_format.Parse(file.read_text(encoding="utf-8"), spec_pb2.ExecutorOutput())
    except json_format.ParseError as error:
        raise TaskFailed(f'failed to unmarshall ExecutorOutput in file "{path}": {error}') from None


def _merge(source: spec_pb2.RuntimeArtifact, target: spec_pb2.RuntimeArtifact) -> None:
    """mergeRuntimeArtifacts"""
    if source.uri:
        target.uri = source.uri
    for key, value in source.metadata.fields.items():
        target.metadata.fields[key].CopyFrom(value)
