"""Converts KFP's runtime artifacts to TFX artifacts with local files, and back.

TFX's own code for this (kubeflow_v2_entrypoint_utils) needs the type of every input, which the launcher leaves
blank, and imports all of TFX's components.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2
from tfx.orchestration.kubeflow.v2.compiler_utils import TITLE_TO_CLASS_PATH
from tfx.orchestration.portable import outputs_utils
from tfx.types.artifact import CUSTOM_PROPERTIES_PREFIX, Artifact
from tfx.utils import import_utils

from components.artifacts import Artifacts
from pipeline.config.uris import to_local, to_remote


def read(
    executor_input: spec_pb2.ExecutorInput, inputs_spec: spec_pb2.ComponentInputsSpec
) -> tuple[Artifacts, Artifacts]:
    """Inputs and outputs of a component, with the URIs of the launcher's local files.

    Args:
        executor_input: Inputs and outputs as the launcher describes them.
        inputs_spec: Input definitions of the component, with the types of its inputs.
    """
    types = {name: item.artifact_type for name, item in inputs_spec.artifacts.items()}
    inputs = {
        name: [_artifact(runtime, types[name]) for runtime in item.artifacts]
        for name, item in executor_input.inputs.artifacts.items()
        if not _is_foreign(types[name])
    }
    outputs = {
        name: [_artifact(runtime, runtime.type) for runtime in item.artifacts]
        for name, item in executor_input.outputs.artifacts.items()
        if not any(_is_foreign(runtime.type) for runtime in item.artifacts)
    }
    # As TFX's own launcher does before it runs an executor.
    outputs_utils.make_output_dirs(outputs)
    return inputs, outputs


def written(outputs: Mapping[str, list[Artifact]]) -> spec_pb2.ExecutorOutput:
    """The outputs of a component, as it reports them to the launcher."""
    outputs_utils.tag_output_artifacts_with_version(outputs)
    result = spec_pb2.ExecutorOutput()
    for name, (artifact,) in outputs.items():
        runtime = result.artifacts[name].artifacts.add(uri=to_remote(artifact.uri))
        json_format.ParseDict(_metadata(artifact), runtime.metadata)
    return result


def _title(schema: spec_pb2.ArtifactTypeSchema) -> str:
    return schema.schema_title or yaml.safe_load(schema.instance_schema)["title"]


def _is_foreign(schema: spec_pb2.ArtifactTypeSchema) -> bool:
    """Whether a type is KFP's, not TFX's: the data of an importer, or the launcher's log."""
    return _title(schema).startswith("system.")


def _artifact(runtime: spec_pb2.RuntimeArtifact, schema: spec_pb2.ArtifactTypeSchema) -> Artifact:
    # The title is the name of one of TFX's own types, or the import path of a custom type.
    title = _title(schema)
    artifact = import_utils.import_class_by_path(TITLE_TO_CLASS_PATH.get(title, title))()
    artifact.uri = to_local(runtime.uri)
    if runtime.name.isdecimal():  # an input is named by its number, an output by its key
        artifact.id = int(runtime.name)
    declared = artifact.PROPERTIES or {}
    for key, value in json_format.MessageToDict(runtime.metadata).items():
        if key in declared:
            setattr(artifact, key, int(value) if isinstance(value, float) else value)
        else:
            artifact.set_json_value_custom_property(key.removeprefix(CUSTOM_PROPERTIES_PREFIX), value)
    # The getters of an artifact read its message only.
    artifact.set_mlmd_artifact(artifact.mlmd_artifact)
    return artifact


def _metadata(artifact: Artifact) -> dict[str, Any]:
    """Properties and custom properties together; a custom one gets a prefix if its name is taken."""
    declared = artifact.PROPERTIES or {}
    message = artifact.mlmd_artifact
    values = {key: _plain(value) for key, value in message.properties.items()}
    for key, value in message.custom_properties.items():
        values[CUSTOM_PROPERTIES_PREFIX + key if key in declared else key] = _plain(value)
    # The launcher rejects nulls; local paths are meaningless outside the pod.
    return {
        key: to_remote(value) if isinstance(value, str) else value
        for key, value in values.items()
        if value is not None
    }


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "struct_value":
        decoded = json_format.MessageToDict(value.struct_value)
        return decoded.get("__value__", decoded)
    return None if kind is None else getattr(value, kind)
