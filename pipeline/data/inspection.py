"""Inspects the user's data before TensorFlow is imported: files, columns, label."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from components.errors import DataError, one_of
from components.example_gen.fingerprint import fingerprint
from components.formats import registry
from components.formats.cells.reading import PLAIN, Reading
from components.formats.contents import Contents
from components.formats.csv import image_paths
from components.formats.format import Format
from components.formats.image_files import IMAGE
from components.formats.recognition.profile import Profile
from pipeline.data import files as data_files
from pipeline.data import labels, spans
from pipeline.data.labels import Label, Task
from pipeline.data.spans import Span


@dataclasses.dataclass(frozen=True)
class Data:
    """The files of a data set, and what they contain.

    Attributes:
        directory: Folder that ExampleGen reads.
        inputs: Glob of the files of each input split in `directory`; see `pipeline.data.files.Files`.
        format: Format of the files.
        columns, sizes, different_rows, unusable, varying, words, images, profiles: As in
            `components.formats.contents.Contents`.
        label: Label that the model predicts.
        fingerprint: SHA-256 of the files' names and contents.
        reading: How cells become values.
        image_files: Columns of image files, as in `components.formats.cells.reading.Reading`.
        shapes: Shape that these images are resized to, unless it is configured.
        lines: What the user should know about the files, in a line each.
        image_lines: What the default preprocessing does with images of files, in a line each.
        span: The span that the files are, if they come in spans.
    """

    directory: Path
    inputs: Mapping[str, str]
    format: Format
    columns: tuple[str, ...]
    sizes: Mapping[str, int | None]
    different_rows: int
    label: Label
    fingerprint: str
    unusable: Mapping[str, str] = dataclasses.field(default_factory=dict)
    profiles: Mapping[str, Profile] = dataclasses.field(default_factory=dict)
    reading: Reading = PLAIN
    varying: Mapping[str, str] = dataclasses.field(default_factory=dict)
    words: tuple[str, ...] = ()
    images: Mapping[str, Mapping[tuple[int, int], str]] = dataclasses.field(default_factory=dict)
    image_files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    shapes: Mapping[str, list[int]] = dataclasses.field(default_factory=dict)
    lines: tuple[str, ...] = ()
    image_lines: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def pattern(self) -> str:
        """The globs of all files."""
        return ", ".join(self.inputs.values())


def inspect(
    path: Path,
    label: str,
    task: Literal["auto"] | Task = "auto",
    categorical: Collection[str] = (),
    split: Mapping[str, Any] | None = None,
    reading: Reading = PLAIN,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    ignore: Collection[str] = (),
    separator: str | None = None,
) -> Data:
    """Reads and describes the files under `path`.

    Args:
        path: Folder of files of one trainable format, or a single such file, perhaps as a pattern of spans.
        label: Column to predict.
        task: Task of the model. `auto` decides by the label: text and whole numbers with at most 20 distinct
            values are classification, all other numbers regression, and several values per row multilabel.
        categorical: Columns whose numbers are categories, which float32 must keep apart.
        split: What decides on the splits, see `pipeline.data.files.find`.
        reading: How cells become values, as configured.
        shapes: Shapes of columns of images.
        ignore: Columns to leave out.
        separator: What separates the labels in a cell of the label, as configured.

    Raises:
        DataError: The path does not exist, a file is damaged or has no data, there is no such column, or the
            label does not fit the task.
    """
    span = spans.latest(path)
    path = span.path if span else path
    files = data_files.find(path, label, split)
    # Before the files are read, so that any later change shows when ExampleGen takes their fingerprint.
    try:
        identity = fingerprint(files.files, files.directory)
    except OSError as error:
        raise DataError(f"data.path: {error.filename or path} cannot be read: {error.strerror}") from None
    # Labels such as 1,5 are no numbers where a cell has several.
    texts = {*categorical, label} if separator or task == "multilabel" else categorical
    found: Contents = registry.load(files.format.training.inspect)(files.files, label, texts, reading)
    if len(found.labels) == 0:
        raise DataError(f"data.path: {path} has no rows to learn from")
    profile = found.profiles.get(label)
    target = labels.describe(found.labels, label, task, profile, separator)
    images = found.image_files
    shapes = shapes or {}
    if files.format.training.inspect == registry.CSV.training.inspect:
        images = image_paths.find(files.files, shapes, {*categorical, *ignore, label})
        if images:
            identity = fingerprint([*files.files, *image_paths.files(files.files, images)], files.directory)
    guessed = {name: shapes.get(name, sizes.shape()) for name, sizes in images.items()}
    for name, sizes in images.items():
        sizes.check(name, guessed[name])
    remarks = [line for name, sizes in images.items() for line in sizes.remarks(name, guessed[name])]
    return Data(
        files.directory,
        files.inputs,
        files.format,
        found.columns,
        {name: size for name, size in found.sizes.items() if name not in images},
        found.different_rows,
        target,
        identity,
        found.unusable,
        found.profiles,
        found.reading,
        varying=found.varying,
        words=found.words,
        images=found.images,
        image_files=dict.fromkeys(images, found.folders),
        shapes=guessed,
        lines=(
            *([span.line] if span else ()),
            *files.lines,
            *found.remarks,
            *labels.lines(target, profile),
        ),
        image_lines=tuple(remarks),
        span=span,
    )


def describe(
    path: Path,
    pattern: str | None,
    label: str,
    task: str,
    classes: Sequence[str] | Sequence[int],
    split: Mapping[str, Any] | None = None,
    separator: str | None = None,
) -> Data:
    """Describes data that cannot be read here, as configured.

    `columns`, `sizes`, `different_rows` and `fingerprint` of the result are empty.

    Args:
        path: Path of the data where it can be read.
        pattern: Glob of the files.
        label: Column to predict.
        task: Task of the model, see `Label`.
        classes: Distinct values of the label; empty for regression.
        split: What decides on the splits, see `pipeline.data.files.find`.
        separator: What separates the labels in a cell of the label; empty for lists, None for one label per row.

    Raises:
        DataError: The description is incomplete.
    """
    here = f"because {path} cannot be read here"
    files: Mapping[str, str] = (split or {}).get("files", {})
    pattern = pattern or files.get("train")
    if task == "auto":
        raise DataError(f"data.task: choose classification, regression or multilabel, {here}")
    if pattern is None:
        raise DataError(f"data.pattern: set the files' pattern, such as *.csv, {here}")
    format_ = registry.of_pattern(pattern)
    if format_ is None:
        raise DataError(f"data.pattern: {pattern} does not end in {one_of(registry.trainable())}")
    if (task != "regression") != bool(classes):
        raise DataError(f"data.classes: list the label's values for classes, and only then, {here}")
    if (task == "multilabel") != (separator is not None):
        raise DataError(
            f"data.lists: set what separates the labels of {label} if data.task is multilabel ('' for lists), and only "
            f"then, {here}"
        )
    inputs = files or {data_files.ALL: pattern}
    images = {IMAGE: label} if format_ == registry.IMAGES else {}
    target = Label(label, task, tuple(sorted(set(classes))), separator=separator or "")
    return Data(path, inputs, format_, (), {}, 0, target, "", image_files=images)
