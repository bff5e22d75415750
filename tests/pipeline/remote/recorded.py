"""Artifacts in the metadata store of a working copy, as the launcher leaves them."""

from pathlib import Path

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components import checksums
from pipeline.remote import artifacts, place
from pipeline.workspace import DATABASE


def record(folder: Path, files: dict[str, bytes]) -> str:
    """Makes an artifact with files, and records it; returns its URI."""
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(folder / DATABASE)
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    store = metadata_store.MetadataStore(config)
    execution_type = store.put_execution_type(pb.ExecutionType(name="Trainer"))
    (execution,) = store.put_executions([pb.Execution(type_id=execution_type)])
    remote = place.of(folder)
    made = remote.folder / f"artifacts/pipeline/Trainer/model/{execution}"
    for name, content in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    taken = checksums.take(made)
    artifacts.mark(made, taken)
    artifact = pb.Artifact(
        type_id=store.put_artifact_type(pb.ArtifactType(name="Model")),
        uri=remote.uri_of(str(made)),
        state=pb.Artifact.LIVE,
    )
    artifact.custom_properties[checksums.PROPERTY].string_value = taken
    store.put_artifacts([artifact])
    return artifact.uri


def known(folder: Path) -> dict[str, str]:
    """The artifacts that the metadata store of a working copy knows: URI to checksums."""
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(folder / DATABASE)
    found = metadata_store.MetadataStore(config).get_artifacts()
    return {each.uri: each.custom_properties[checksums.PROPERTY].string_value for each in found}
