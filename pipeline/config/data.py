"""The section `data` of a configuration."""

import math
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from components.errors import one_of
from components.features import Task
from components.formats import paths, registry
from components.formats.cells import date_formats
from components.formats.cells.reading import Reading
from components.formats.format import IMAGE_FOLDERS
from pipeline.config.dotted import dotted
from reactive_schedules.errors import fault
from reactive_schedules.fields import Interval, SpecModel

Shape = Annotated[list[Annotated[int, Interval("[1, 100000]")]], Field(min_length=3, max_length=3)]

MOST_VALUES = 100_000_000
"""Most values of one image."""


class SplitSection(SpecModel):
    """What decides which split a row belongs to: at most one of these, or a hash of its values.

    Attributes:
        time: Column with dates, times or numbers: the earliest rows train, the latest test.
        group: Column whose rows with the same value all belong to one split.
        column: Column that names the split: train, eval or test.
        stratify: Whether each class is split in the given shares.
        files: Pattern of the files of each split, relative to `data.path`; a missing one for eval or test is taken from
            the rows for train.
        hash: Whether to pool all files, even if their names say train, eval or test.
    """

    time: str | None = None
    group: str | None = None
    column: str | None = None
    stratify: bool = False
    files: dict[Literal["train", "eval", "test"], str] | None = None
    hash: bool = False

    @field_validator("files")
    @classmethod
    def _patterns(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        if value is None:
            return None
        if "train" not in value or len(value) < 2:
            raise ValueError("give a pattern for train and for eval, test or both")
        for split, pattern in value.items():
            parts = PurePath(pattern).parts
            if not parts or PurePath(pattern).is_absolute() or ".." in parts:
                raise ValueError(
                    f"{split}: {pattern!r} must be a pattern of files in data.path, such as {split}*.csv"
                )
            if "{" in pattern or "\\" in pattern:
                raise ValueError(
                    f"{split}: {pattern!r} contains {{ or \\, which TFX treats differently; use * and ?"
                )
            if registry.of_pattern(pattern) is None:
                endings = one_of([*registry.trainable(), IMAGE_FOLDERS])
                raise ValueError(f"{split}: {pattern!r} must end in {endings}")
        return value

    @model_validator(mode="after")
    def _one(self) -> "SplitSection":
        given = [name for name, value in self if value]
        if len(given) > 1:
            raise fault(given[1], f"give either {' or '.join(given)}; only one of them can decide")
        return self

    def decided(self) -> dict[str, Any]:
        """What decides, as plain JSON; empty for a hash."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}


class DataSection(SpecModel):
    """Where the examples come from and how to read their columns.

    Attributes:
        path: Folder of CSV, Parquet or TFRecord files or of folders of images, or a single file.
        source: Dotted path of a function that writes the files into a folder.
        pattern: Glob of the files; needed only to compile for Kubeflow where the data cannot be read.
        label: Column to predict.
        task: Task of the model; "auto" derives it from the label's values.
        positive: Positive one of two classes, for F1, precision, recall and the threshold; by default, a word for yes,
            or else the rarer one.
        classes: Values of the label; needed only to compile for Kubeflow where the data cannot be read.
        shapes: Columns that are images, with [height, width, channels] each.
        categorical: Numeric columns to treat as categories.
        ignore: Columns to leave out.
        weight: Column with the weight of each row, in training and in every metric.
        dates: Columns with dates or times, with the format of each, as in Python's `strptime`.
        text: Columns with free text, which is split into words.
        lists: Columns with several values in a cell, with the separator of each; also the label.
        numbers: Columns with numbers that are not written plainly, with an example of each, such as "1.234,56 €".
        missing: Cells that stand for a missing value, besides empty ones.
        split: What decides which split a row belongs to; by default, a hash of its values.
        splits: Relative size of each split.
    """

    path: Path | None = None
    source: str | None = None
    pattern: str | None = None
    label: str
    task: Literal["auto"] | Task = "auto"
    classes: list[str] | list[int] = []
    positive: str | int | bool | None = None
    shapes: dict[str, Shape] = {}
    categorical: list[str] = []
    ignore: list[str] = []
    weight: str | None = None
    dates: dict[str, str] = {}
    text: list[str] = []
    lists: dict[str, str] = {}
    numbers: dict[str, str] = {}
    missing: list[str] = []
    split: SplitSection = SplitSection()
    splits: dict[Literal["train", "eval", "test"], Annotated[int, Interval("[1, 1000000]")]] = {
        "train": 14,
        "eval": 3,
        "test": 3,
    }

    @model_validator(mode="after")
    def _one_origin(self) -> "DataSection":
        if (self.path is None) == (self.source is None):
            raise fault(
                "path", "give either data.path (your files) or data.source (a function that writes them)"
            )
        if len(self.splits) != 3:
            raise fault("splits", "name all three of train, eval and test")
        return self

    @field_validator("label", mode="before")
    @classmethod
    def _one_label(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError(
                f"names {len(value)} columns, but a run predicts one; run once for each, with the others in "
                "data.ignore, or join them into one multi-label column, such as 'drama|comedy'"
            )
        return value

    @field_validator("classes", mode="before")
    @classmethod
    def _of_one_type(cls, value: Any) -> Any:
        """YAML takes a class such as true or 7 for something else than text."""
        if isinstance(value, list) and {type(each) for each in value} not in (set(), {str}, {int}):
            raise ValueError(f"must be all text, in quotes, or all integers; got {value!r}")
        return value

    @field_validator("pattern")
    @classmethod
    def _of_a_known_format(cls, value: str | None) -> str | None:
        patterns = [*(f"*{suffix}" for suffix in registry.trainable()), IMAGE_FOLDERS]
        if value is not None and value not in patterns:
            raise ValueError(f"must be {one_of(patterns)}; got {value!r}")
        return value

    @field_validator("shapes")
    @classmethod
    def _of_a_possible_size(cls, value: dict[str, Shape]) -> dict[str, Shape]:
        for name, shape in value.items():
            if math.prod(shape) > MOST_VALUES:
                raise ValueError(
                    f"{name!r} has {math.prod(shape):,} values per row; use at most {MOST_VALUES:,}"
                )
        return value

    @field_validator("dates")
    @classmethod
    def _of_formats_that_can_be_read(cls, value: dict[str, str]) -> dict[str, str]:
        for name, format in value.items():
            if wrong := date_formats.fault(format):
                raise ValueError(f"{name!r}: {format!r}: {wrong}")
        return value

    @field_validator("missing", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        """YAML takes a cell such as -999 for a number, and null for nothing."""
        if not isinstance(value, list):
            return value
        return [
            str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each
            for each in value
        ]

    @field_validator("numbers")
    @classmethod
    def _of_a_style(cls, value: dict[str, str]) -> dict[str, str]:
        if value:
            from components.formats.cells import styles  # imports Arrow, which the help does not need

            for name, example in value.items():
                try:
                    styles.parse(example)
                except ValueError as error:
                    raise ValueError(f"{name!r}: {error}") from None
        return value

    @model_validator(mode="after")
    def _one_reading(self) -> "DataSection":
        seen: dict[str, str] = {}
        for key in ("categorical", "ignore", "shapes", "dates", "text", "lists", "numbers"):
            for name in getattr(self, key):
                if name in seen and seen[name] != key:
                    raise fault(key, f"{name!r} is in data.{seen[name]}, too; remove it from one of them")
                seen[name] = key
        return self

    def reading(self) -> Reading:
        """How cells become values, as configured."""
        return Reading(tuple(self.missing), dict(self.numbers), {}, dict(self.dates))

    @field_validator("path")
    @classmethod
    def _usable(cls, value: Path | None) -> Path | None:
        if value is not None and (wrong := paths.unusable_name(value)):
            raise ValueError(f"{paths.shown(value)}: {wrong}")
        return value

    @field_validator("source")
    @classmethod
    def _source_exists(cls, value: str | None) -> str | None:
        return None if value is None else dotted(value)
