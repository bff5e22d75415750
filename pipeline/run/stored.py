"""Runs executors on the working copy of a workspace in an object store, and publishes what they made.

TensorFlow and TFX open local files and gs:// only. The launcher and the executors see paths; the metadata store sees
URIs, which mean the same on every machine.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.portable import launcher
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput
from tfx.types import Artifact

from components import checksums
from components.artifacts import URI
from pipeline.remote import place, session
from pipeline.remote.artifacts import bring, mark
from pipeline.remote.place import Remote


def launcher_of(workspace: Path, base: type[launcher.Launcher]) -> type[launcher.Launcher]:
    """The launcher for a workspace: `base` itself unless the workspace is in an object store."""
    remote = place.of(workspace)
    if remote is None:
        return base

    class StoredLauncher(base):
        def _run_executor(self, execution_info: ExecutionInfo) -> ExecutorOutput:
            with _brought(remote, execution_info.input_dict):
                return super()._run_executor(execution_info)

        def _publish_successful_execution(
            self,
            execution_id: int,
            contexts: list[metadata_store_pb2.Context],
            output_dict: Mapping[str, Sequence[Artifact]],
            executor_output: ExecutorOutput,
        ) -> None:
            made = [each for found in executor_output.output_artifacts.values() for each in found.artifacts]
            for artifact in made:
                mark(Path(artifact.uri), artifact.custom_properties[checksums.PROPERTY].string_value)
            made += [each.mlmd_artifact for found in output_dict.values() for each in found]
            for artifact in made:
                _name_in_store(remote, artifact)
            super()._publish_successful_execution(execution_id, contexts, output_dict, executor_output)
            # After the record in the working copy: if the store cannot be reached, the next run goes on from there.
            session.publish(workspace)

    return StoredLauncher


def bring_shown(
    workspace: Path, outputs: Mapping[str, Mapping[str, list[Artifact]]], keys: Sequence[str]
) -> None:
    """Names the outputs of a run by their paths, and brings the files of some of them.

    Args:
        workspace: Folder of the workspace; nothing is done unless it is a working copy.
        outputs: Outputs by component and key.
        keys: Keys of the outputs to bring.
    """
    if remote := place.of(workspace):
        for key, artifact in ((key, each) for made in outputs.values() for key, (each,) in made.items()):
            if key in keys:
                bring(remote, artifact.uri, artifact.get_string_custom_property(checksums.PROPERTY))
            artifact.uri = remote.local(artifact.uri)


@contextlib.contextmanager
def _brought(remote: Remote, inputs: Mapping[str, Sequence[Artifact]]) -> Iterator[None]:
    """Brings inputs, and names them by their paths meanwhile."""
    found = [each for artifacts in inputs.values() for each in artifacts if remote.has(each.uri)]
    uris = [artifact.uri for artifact in found]
    try:
        for artifact in found:
            taken = artifact.get_string_custom_property(checksums.PROPERTY)
            artifact.set_string_custom_property(URI, artifact.uri)
            artifact.uri = str(bring(remote, artifact.uri, taken))
        yield
    finally:
        for artifact, uri in zip(found, uris, strict=True):
            artifact.uri = uri
            artifact.mlmd_artifact.custom_properties.pop(URI, None)


def _name_in_store(remote: Remote, artifact: metadata_store_pb2.Artifact) -> None:
    """Replaces the paths in an artifact by URIs."""
    artifact.uri = remote.uri_of(artifact.uri)
    for value in (*artifact.properties.values(), *artifact.custom_properties.values()):
        if value.WhichOneof("value") == "string_value":
            value.string_value = remote.uri_of(value.string_value)
