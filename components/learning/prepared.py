"""What describes the features of the examples: the output of Transform, or without Transform, their schema."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.artifacts import Artifacts

SCHEMA_FILE = "schema.pbtxt"
"""File in a `Schema` artifact."""


class Untransformed:
    """Examples that are trained on as they are, described as `TFTransformOutput` describes transformed ones.

    Args:
        schema: Schema of the examples.
    """

    def __init__(self, schema: schema_pb2.Schema) -> None:
        # Both are Beam's; this has the only attribute that is asked for.
        self.raw_metadata = self.transformed_metadata = SimpleNamespace(schema=schema)

    def transformed_feature_spec(self) -> dict[str, Any]:
        """Returns the feature specs of the examples, by name."""
        return schema_utils.schema_as_feature_spec(self.raw_metadata.schema).feature_spec

    raw_feature_spec = transformed_feature_spec


Prepared = tft.TFTransformOutput | Untransformed


def prepared(uri: str) -> Prepared:
    """Returns the description in a `TransformGraph` or `Schema` artifact.

    Args:
        uri: URI of the artifact.
    """
    if fileio.exists(f"{uri}/{SCHEMA_FILE}"):
        return Untransformed(io_utils.SchemaReader().read(f"{uri}/{SCHEMA_FILE}"))
    return tft.TFTransformOutput(uri)


def uri_of(inputs: Artifacts) -> str:
    """Returns the URI of the `TransformGraph` among the inputs of a component; without one, of the `Schema`."""
    return artifact_utils.get_single_uri(inputs.get("transform_graph") or inputs["schema"])


def schema_bytes(described: Prepared) -> bytes:
    """Returns the schema of the raw data, as SchemaGen wrote it."""
    if isinstance(described, Untransformed):
        return text_format.MessageToString(described.raw_metadata.schema).encode()
    folder = Path(described.transform_savedmodel_dir).parent
    return (folder / tft.TFTransformOutput.RAW_METADATA_DIR / SCHEMA_FILE).read_bytes()
