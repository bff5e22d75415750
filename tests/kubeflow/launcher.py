"""What KFP's launcher does in the pod of a task (backend/src/v2/component/launcher_v2.go)."""

import math
from collections.abc import Mapping
from pathlib import Path

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow.driver import local_path
from tests.kubeflow.pod import Pod
from tests.kubeflow.store import Metadata, ObjectStore, Recorded


class TaskFailed(Exception):
    """A task broke the launcher's contract."""


def launch(
    executor_input: spec_pb2.ExecutorInput,
    container: spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec,
    env: Mapping[str, str],
    pod: Pod,
    objects: ObjectStore,
    metadata: Metadata,
    log: Path,
) -> dict[str, Recorded]:
    """Runs a task: downloads, the command with its placeholders filled in, uploads.

    Returns:
        Its outputs, as recorded.

    Raises:
        TaskFailed: The command failed, or its output is unusable.
    """
    for item in executor_input.inputs.artifacts.values():
        for artifact in item.artifacts:
            if path := local_path(artifact.uri):
                objects.download(artifact.uri, pod.path(path))
    for item in executor_input.outputs.artifacts.values():
        pod.path(local_path(item.artifacts[0].uri)).parent.mkdir(parents=True, exist_ok=True)
    command = [_filled(part, executor_input) for part in (*container.command, *container.args)]
    code = pod.run(command, env, log)
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        raise TaskFailed(f"exit code {code}: {lines[-1]}")
    output = _read_output(pod.path(executor_input.outputs.output_file))
    recorded = {}
    for name, item in executor_input.outputs.artifacts.items():
        artifact = item.artifacts[0]
        if name == "executor-logs":
            objects.upload(log, artifact.uri)
        elif name in output.artifacts and output.artifacts[name].artifacts:
            _merge(output.artifacts[name].artifacts[0], artifact)
        path = local_path(artifact.uri)
        if path is None:
            raise TaskFailed(f"output {name} has the URI {artifact.uri}: unsupported storage scheme")
        objects.upload(pod.path(path), artifact.uri)
        try:
            recorded[name] = metadata.record(name, artifact)
        except ValueError as error:
            raise TaskFailed(f"unable to produce MLMD artifact for output {name!r}: {error}") from None
    return recorded


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


def _read_output(file: Path) -> spec_pb2.ExecutorOutput:
    """getExecutorOutputFile: no file is no output; an unknown field fails the task."""
    if not file.exists():
        return spec_pb2.ExecutorOutput()
    try:
        return json_format.Parse(file.read_text(encoding="utf-8"), spec_pb2.ExecutorOutput())
    except json_format.ParseError as error:
        raise TaskFailed(f"failed to unmarshall ExecutorOutput in file {file.name}: {error}") from None


def _merge(source: spec_pb2.RuntimeArtifact, target: spec_pb2.RuntimeArtifact) -> None:
    """mergeRuntimeArtifacts"""
    if source.uri:
        target.uri = source.uri
    for key, value in source.metadata.fields.items():
        target.metadata.fields[key].CopyFrom(value)
