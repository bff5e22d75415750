"""The schema of raw examples."""

from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils


def read_schema(artifacts: Sequence[Artifact]) -> schema_pb2.Schema:
    """Reads a `Schema` artifact, given in a list."""
    uri = artifact_utils.get_single_uri(list(artifacts))
    return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(uri))
