"""What the pipeline must know of a file format."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Training:
    """How data of a format is trained on.

    Attributes:
        suffixes: of the files that ExampleGen can read.
        inspect: a function of (files, label) that returns `components.formats.contents.Contents`; raises `DataError`.
        example_gen: the ExampleGen component, a `tfx.components.base.FileBasedExampleGen`.
    """

    suffixes: tuple[str, ...]
    inspect: str
    example_gen: str


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Code is named as `module:name` and imported when it is needed: the configuration is checked before TensorFlow is
    imported, and the help is printed before Arrow is.

    Attributes:
        name: in messages and metadata.
        suffixes: of files with rows to predict.
        rows: a function of (file, features) that returns `components.formats.rows.Rows`.
        writer: a function of (stream, schema) that returns a `components.formats.rows.Writer`; None if predictions
            cannot be written in this format.
        typed: whether columns are of types, so that numbers that came as text are written as numbers.
        training: None if the format can be predicted from but not trained on.
    """

    name: str
    suffixes: tuple[str, ...]
    rows: str
    writer: str | None = None
    typed: bool = True
    training: Training | None = None
