"""The description of a file format."""

from dataclasses import dataclass

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
"""Suffixes of image files that are rows."""

IMAGE_FOLDERS = "*/*"
"""Glob of images in a folder for each class."""


@dataclass(frozen=True)
class Training:
    """How data in a format is read for training.

    Attributes:
        suffixes: Suffixes of files to train on.
        inspect: Function of (files, label, columns whose numbers are categories,
            `components.formats.cells.reading.Reading`) that returns `components.formats.contents.Contents`; it raises
            `DataError`.
        source: Class of `components.formats.source.Source`, which the ExampleGen reads the files with.
    """

    suffixes: tuple[str, ...]
    inspect: str
    source: str


@dataclass(frozen=True)
class Format:
    """One file format.

    Code is given as `module:name` and imported on first use: the configuration is checked before TensorFlow is
    imported, and the help is printed before Arrow is imported.

    Attributes:
        name: Name in messages and metadata.
        suffixes: Suffixes of files with rows to predict.
        rows: Function of (file, features) that returns `components.formats.rows.Rows`.
        writer: Function of (stream, schema) that returns a `components.formats.rows.Writer`; None if predictions
            cannot be written in this format.
        typed: Whether columns have types, so that numbers read as text are written as numbers.
        training: How the format is read for training; None if it can only be predicted from.
    """

    name: str
    suffixes: tuple[str, ...]
    rows: str
    writer: str | None = None
    typed: bool = True
    training: Training | None = None
