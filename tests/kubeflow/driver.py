"""What KFP's driver does before a task: inputs, condition, cache key, outputs (backend/src/v2/driver)."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from tests.kubeflow import kubernetes
from tests.kubeflow.store import Recorded

LOCAL = {"minio": "/minio/", "s3": "/s3/", "gs": "/gcs/"}
"""Scheme to the launcher's local folder (LocalPathForURI)."""

_KINDS = {
    "NUMBER_DOUBLE": "number_value",
    "NUMBER_INTEGER": "number_value",
    "BOOLEAN": "bool_value",
    "LIST": "list_value",
    "STRUCT": "struct_value",
}


class DriverError(Exception):
    """The driver failed, and with it the task."""


def local_path(uri: str) -> str | None:
    """Where the launcher keeps the files of a URI; None for an unknown scheme."""
    scheme, separator, rest = uri.partition("://")
    return LOCAL[scheme] + rest if separator and scheme in LOCAL else None


def root_parameters(spec: spec_pb2.PipelineSpec, given: Mapping[str, Any]) -> dict[str, struct_pb2.Value]:
    """The pipeline's parameters: as submitted, else the defaults.

    Raises:
        DriverError: There is no such parameter.
        TooLong: The driver gets the whole graph as one argument, and it is too long.
    """
    definitions = kubernetes.passed(spec.root, {}).input_definitions.parameters
    for name in given:
        if name not in definitions:
            raise DriverError(f"unknown input parameter {name!r}")
    values = {
        name: item.default_value for name, item in definitions.items() if item.HasField("default_value")
    }
    submitted = kubernetes.passed(json_format.ParseDict(dict(given), struct_pb2.Struct()), {})
    return values | dict(submitted.fields)


def resolve_inputs(
    task: spec_pb2.PipelineTaskSpec,
    component: spec_pb2.ComponentSpec,
    parameters: Mapping[str, struct_pb2.Value],
    produced: Mapping[str, Mapping[str, Recorded]],
) -> spec_pb2.ExecutorInput.Inputs:
    """Inputs of a task.

    Args:
        task: Task spec from the package.
        component: Component spec from the package.
        parameters: Parameters of the pipeline.
        produced: Artifacts by task and output.
    """
    inputs = spec_pb2.ExecutorInput.Inputs()
    for name, source in task.inputs.parameters.items():
        inputs.parameter_values[name].CopyFrom(_parameter(name, source, parameters))
    for name, source in task.inputs.artifacts.items():
        if source.WhichOneof("kind") != "task_output_artifact":
            raise DriverError(f"artifact spec of {name} not implemented yet")
        output = source.task_output_artifact
        artifact = produced[output.producer_task].get(output.output_artifact_key)
        if artifact is None:
            raise DriverError(f"cannot find output artifact key {output.output_artifact_key!r}")
        inputs.artifacts[name].artifacts.append(artifact.runtime())
    _check_types(inputs, component.input_definitions)
    return inputs


def _parameter(name: str, source: Any, parameters: Mapping[str, struct_pb2.Value]) -> struct_pb2.Value:
    match source.WhichOneof("kind"):
        case "component_input_parameter":
            if source.component_input_parameter not in parameters:
                raise DriverError(
                    f"parent DAG does not have input parameter {source.component_input_parameter}"
                )
            return parameters[source.component_input_parameter]
        case "runtime_value" if source.runtime_value.WhichOneof("value") == "constant":
            return source.runtime_value.constant
        case kind:
            raise DriverError(f"input parameter {name}: {kind} not implemented")


def _check_types(inputs: spec_pb2.ExecutorInput.Inputs, definitions: spec_pb2.ComponentInputsSpec) -> None:
    """handleParamTypeValidationAndConversion"""
    for name, definition in definitions.parameters.items():
        wanted = spec_pb2.ParameterType.ParameterTypeEnum.Name(definition.parameter_type)
        if name not in inputs.parameter_values:
            if not definition.is_optional and not definition.HasField("default_value"):
                raise DriverError(
                    f"neither value nor default value provided for non-optional parameter {name!r}"
                )
            continue
        value = inputs.parameter_values[name]
        kind = value.WhichOneof("kind")
        if wanted == "STRING":
            if kind != "string_value":
                value.string_value = json.dumps(json_format.MessageToDict(value))
        elif kind != _KINDS.get(wanted):
            raise DriverError(f"input parameter {name!r} type mismatch: expect {wanted}, got {kind}")


def provision_outputs(
    root: str, name: str, component: spec_pb2.ComponentSpec, publish_logs: bool, task_root: bool
) -> spec_pb2.ExecutorInput.Outputs:
    """Where a task must write its outputs; with a task root, they have names, and the output file is beside them."""
    outputs = spec_pb2.ExecutorInput.Outputs()
    definitions = dict(component.output_definitions.artifacts.items())
    if publish_logs:
        logs = spec_pb2.ComponentOutputsSpec.ArtifactSpec()
        logs.artifact_type.schema_title = "system.Artifact"
        definitions["executor-logs"] = logs
    folder = f"{root.rstrip('/')}/{name}/{uuid.uuid4()}"
    for key, definition in definitions.items():
        outputs.artifacts[key].artifacts.add(
            name=key if task_root else "",
            uri=f"{folder}/{key}",
            type=definition.artifact_type,
            metadata=definition.metadata if definition.HasField("metadata") else None,
        )
    for key in component.output_definitions.parameters:
        outputs.parameters[key].output_file = f"/tmp/kfp/outputs/{key}"
    beside = task_root and local_path(folder)
    outputs.output_file = f"{beside or '/tmp/kfp_outputs'}/output_metadata.json"
    return outputs


def cache_key(
    executor_input: spec_pb2.ExecutorInput,
    container: spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec,
    claims: list[str],
) -> str:
    """cacheutils.GenerateCacheKey: numbers of input artifacts, parameters, outputs without URIs, the container."""
    inputs, outputs = executor_input.inputs, executor_input.outputs
    key = [
        {name: [each.name for each in item.artifacts] for name, item in inputs.artifacts.items()},
        json_format.MessageToDict(inputs)["parameterValues"] if inputs.parameter_values else {},
        {
            name: [json_format.MessageToDict(each.type), json_format.MessageToDict(each.metadata)]
            for name, item in outputs.artifacts.items()
            for each in item.artifacts
        },
        [*container.command, *container.args],
        container.image,
        sorted(set(claims)),
    ]
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
