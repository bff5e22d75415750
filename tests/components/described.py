"""Descriptions of examples by a schema, which Trainer and Tuner take in the place of Transform's output."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_transform.tf_metadata import schema_utils

from components.learning.prepared import SCHEMA_FILE, Untransformed


def described(features: Mapping[str, Any]) -> Untransformed:
    """The description of examples with these feature specs of TensorFlow."""
    return Untransformed(schema_utils.schema_from_feature_spec(dict(features)))


def schema_artifact(folder: Path, features: Mapping[str, Any]) -> str:
    """Writes the `Schema` artifact of examples with these feature specs; returns its URI."""
    folder.mkdir(parents=True, exist_ok=True)
    schema = described(features).raw_metadata.schema
    (folder / SCHEMA_FILE).write_text(text_format.MessageToString(schema), encoding="utf-8")
    return str(folder)
