"""Reads files as the ExampleGen does, in this process."""

from pathlib import Path

from components.formats import source as sources
from components.formats.source import Source


def decode(serialised: bytes) -> dict[str, list | None]:
    """The values of each feature; None if it has no type."""
    import tensorflow as tf

    features = tf.train.Example.FromString(serialised).features.feature
    kinds = {name: feature.WhichOneof("kind") for name, feature in features.items()}
    return {name: list(getattr(features[name], kind).value) if kind else None for name, kind in kinds.items()}


def read(source: Source, *files: Path) -> list[dict[str, list | None]]:
    """The examples of files, in their order."""
    blocks = [block for file in files for block in source.blocks(str(file))]
    found = sources.merge(map(source.survey, blocks)).columns
    kept = [rows for block in blocks for _, rows in source.read(block, found)]
    return [decode(example) for rows in kept for example in source.encode(rows)]
