"""The data of a training, read from the output of Transform, and its schema."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from tfx.types import Artifact

from components.features import LABEL, LabelFeature, ModelSchema, model_schema
from components.learning.columns import Columns
from components.learning.goal import DEFAULT, Goal
from components.learning.model_check import check_features, check_label
from components.learning.outputs import Scale
from components.learning.prepared import Prepared, Untransformed, prepared, schema_bytes
from components.learning.rows import TrainingRows, balanced, check_class_weights, check_weights
from components.learning.splits import MEMORY_BUDGET, Split, read_split
from components.learning.stream import StreamSource
from components.transform.label_classes import with_classes
from reactive_schedules.training.tensorflow.sources import ArraySource, Source

Truth = tuple[np.ndarray, np.ndarray | None]
"""Labels as they are in the data, of shape (examples,) or (examples, labels), and weights; None without weights."""


@dataclasses.dataclass(frozen=True)
class Task:
    """The data of a training and the schema of its model.

    Attributes:
        train: Examples to train on.
        validation: Examples to validate on.
        schema: Inputs and label of the model.
        scale: Scale of the labels.
        described: What describes the features.
        truth: Labels and weights of the validation examples, in order; None if they are those of `validation`.
        weighted: Whether examples have weights.
        unscaled: Training and validation examples with labels as they are in the data; None if `scale` keeps them.
        in_memory: Whether all rows are in memory.
    """

    train: Source
    validation: Source
    schema: ModelSchema
    scale: Scale
    described: Prepared
    truth: Truth | None = None
    weighted: bool = False
    unscaled: tuple[Source, Source] | None = None
    in_memory: bool = False

    @property
    def examples(self) -> int:
        """Number of training examples."""
        return self.train.examples

    def in_label_units(self) -> "Task":
        """Returns the same task with labels as they are in the data."""
        if self.unscaled is None:
            return self
        train, validation = self.unscaled
        return dataclasses.replace(self, train=train, validation=validation, scale=Scale(), unscaled=None)


def load_task(
    examples: Sequence[Artifact],
    transform_graph: str,
    label: LabelFeature,
    splits: Mapping[str, str],
    budget: int = MEMORY_BUDGET,
    goal: Goal = DEFAULT,
    blocks: int | None = None,
) -> Task:
    """Reads the examples of a training.

    Args:
        examples: `Examples` artifacts.
        transform_graph: URI of the `TransformGraph` artifact that describes them; without Transform, of the `Schema`.
        label: Label of the data set; without classes, it has those that Transform wrote.
        splits: Names of the splits for the keys `train` and `validation`.
        budget: Bytes of memory for each split; a larger split is streamed.
        goal: Weights of examples and classes.
        blocks: Number of blocks to read of each split, for a look at the first examples; None reads all.

    Raises:
        ValueError: A split is empty, a label is not one of the classes, a weight is not usable, or the preprocessing
            does not return a label and dense features.
    """
    label = with_classes(label, transform_graph)
    described = prepared(transform_graph)
    features = described.transformed_feature_spec()
    columns = Columns.of(label, goal, features)
    check_features(features, goal.weight, columns, _place(label, described))
    check_label(columns.spec(features)[LABEL], label)
    train, validation = (
        read_split(examples, described, splits[name], budget, blocks, columns)
        for name in ("train", "validation")
    )
    if label.classes and min(train.labels.least, validation.labels.least) < 0:
        raise ValueError(
            f"data.label: some examples have a {label.name} that is not one of the {len(label.classes):,} classes "
            f"(such as {label.classes[0]}); the data has changed, or data.classes is incomplete"
        )
    if goal.weight:
        check_weights(goal.weight, splits["train"], train.labels)
        check_weights(goal.weight, splits["validation"], validation.labels)
    class_weights: tuple[float, ...] = ()
    if goal.class_weight:
        truth = train.truth()
        given = goal.class_weight
        class_weights = balanced(*truth, len(label.classes)) if isinstance(given, str) else given
        check_class_weights(class_weights, truth[0])
    scale = None
    if label.task == "regression":
        # The label may be constant in a small split: avoid a division by zero.
        scale = Scale(train.labels.mean, train.labels.std or 1.0)
    # Once for all trainings of the task: arrays in memory become tensors.
    pairs = [
        _sources(
            train, TrainingRows(scale, train.labels.weight / train.labels.count, class_weights), "train"
        ),
        _sources(
            validation, TrainingRows(scale, validation.labels.weight / validation.labels.count), "validation"
        ),
    ]
    (first, raw_first), (second, raw_second) = pairs
    return Task(
        first,
        second,
        model_schema(described, label, columns.weight),
        scale or Scale(),
        described,
        validation.truth(),
        weighted=goal.weight is not None,
        unscaled=(raw_first, raw_second) if scale else None,
        in_memory=not any(isinstance(each.data, StreamSource) for each in (train, validation)),
    )


def _place(label: LabelFeature, described: Prepared) -> str:
    if isinstance(described, Untransformed):
        return "schema"
    return "model.preprocessing" if label.key == LABEL else "preprocessing_fn"


def first_examples(task: Task, count: int) -> Task:
    """Returns a task of the first training and validation examples, which are in memory."""

    def cut(source: Source) -> ArraySource:
        assert isinstance(source, ArraySource)
        return ArraySource(keras.tree.map_structure(lambda array: array[:count], source.arrays))

    labels, weights = task.truth or (None, None)
    return dataclasses.replace(
        task,
        train=cut(task.train),
        validation=cut(task.validation),
        truth=None if labels is None else (labels[:count], None if weights is None else weights[:count]),
        unscaled=None if task.unscaled is None else tuple(map(cut, task.unscaled)),
    )


def _sources(split: Split, rows: TrainingRows, name: str) -> tuple[Source, Source]:
    """Returns the examples as a model takes them, and with labels as they are in the data."""
    unscaled = dataclasses.replace(rows, scale=rows.scale and Scale())
    if isinstance(split.data, StreamSource):
        return split.data.with_rows(rows), split.data.with_rows(unscaled)
    inputs, labels = split.data
    source = ArraySource(rows({**inputs, LABEL: labels}), name)
    x, y, *weights = source.arrays
    raw = y if rows.scale is None else unscaled.scale(labels)
    return source, ArraySource((x, raw, *weights), name)


def label_card(
    label: LabelFeature, scale: Scale, threshold: float | None, temperature: float = 1.0
) -> dict[str, Any]:
    """Returns the description of the label that is exported with the model, as plain JSON.

    Args:
        label: Label of the data set.
        scale: Scale of the labels that the model learned.
        threshold: Least probability of the positive class, or of each of several labels, that is answered with it; None
            if there is none.
        temperature: What the logits are divided by.
    """
    answers = {"threshold": threshold, "temperature": temperature}
    return {**json.loads(label.to_json()), **dataclasses.asdict(scale), **answers}


def schema_fingerprint(task: Task) -> str:
    """Returns the SHA-256 of the schema of the raw data, as SchemaGen wrote it."""
    return hashlib.sha256(schema_bytes(task.described)).hexdigest()
