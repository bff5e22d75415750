"""Predictions for the examples of one shard, and what is needed to judge them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.io import fileio
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from components import served_model, shards
from components.errors import WEIGHTS, DataError
from components.evaluator.settings import Settings
from components.evaluator.slices import Slices, joined, slices_of
from components.example_gen.hashing import hash_rows
from components.features import LABEL
from components.learning.splits import truth_of
from components.model_store import model_files

_HASHES = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Scores:
    """Predictions for a number of examples.

    Attributes:
        keys: A hash of the values of each example, uint64 of shape (rows,); not of its bytes, whose order is arbitrary.
        labels: Class indices (int64) or numbers (float32), of shape (rows,); or 0 and 1 for each of several labels, of
            shape (rows, classes).
        predictions: Probabilities of shape (rows, classes) or numbers of shape (rows,), float32, by name of the model.
            Those of a baseline are of the label's classes, in the label's order: a class that it does not know has
            probability 0, and classes that only it knows are left out.
        weights: Weight of each row, float64 of shape (rows,); None if all weigh the same.
        groups: A hash of the group of each row, uint64 of shape (rows,); None if each row is one.
        slices: Slices by column.
    """

    keys: np.ndarray
    labels: np.ndarray
    predictions: dict[str, np.ndarray]
    weights: np.ndarray | None
    groups: np.ndarray | None
    slices: dict[str, Slices]

    def ordered(self) -> "Scores":
        """The same examples in the order of their keys, so that nothing depends on how they were spread."""
        order = np.argsort(self.keys, kind="stable")
        return Scores(
            self.keys[order],
            self.labels[order],
            {name: found[order] for name, found in self.predictions.items()},
            None if self.weights is None else self.weights[order],
            None if self.groups is None else self.groups[order],
            {name: slices.reordered(order) for name, slices in self.slices.items()},
        )


@dataclasses.dataclass(frozen=True)
class Answering:
    """What of a model's card decides its answers.

    Attributes:
        classes: Label value of each output; empty if there is no card.
        positive: The positive class of two; None if there is none.
        threshold: Least probability of the positive class, or of a label of several, that is answered; None for
            the most probable class.
        task: Task of the label; empty if there is no card.
        ensemble: What the card says about the models that it averages; None for a single model.
    """

    classes: tuple[str, ...] | tuple[int, ...] = ()
    positive: str | int | None = None
    threshold: float | None = None
    task: str = ""
    ensemble: dict[str, Any] | None = None

    def threshold_of(self, positive: str | int | None) -> float | None:
        """The threshold with the same answers if `positive` is the positive class, which may have changed since."""
        if self.threshold is None or self.positive == positive:
            return self.threshold
        return float(np.nextafter(np.float32(1 - self.threshold), np.float32(1)))


def answering(folder: str) -> Answering:
    """Reads the card of an exported model; without one, the model has the classes of the label.

    Args:
        folder: Folder of the SavedModel.
    """
    card = str(PurePosixPath(folder, model_files.CARD))
    if not fileio.exists(card):
        return Answering()
    with fileio.open(card, "rb") as file:
        content = json.loads(file.read())
    label = content["label"]
    classes, positive = tuple(label["classes"]), label.get("positive")
    return Answering(
        classes,
        None if positive is None else classes[positive],
        label.get("threshold"),
        label["task"],
        content.get("ensemble"),
    )


class Scorer:
    """Scores shards with one model or several."""

    def __init__(self, settings: Settings, models: Mapping[str, str], dtypes: Mapping[str, tf.DType]) -> None:
        """Loads the models.

        Args:
            settings: What to evaluate.
            models: Folders of the SavedModels, by name; a second one, the baseline, may know other classes.
            dtypes: Types of the raw columns that are read, by name.
        """
        self._settings, self._dtypes, self._label = settings, dtypes, settings.label
        self._decoder = ExamplesToRecordBatchDecoder()
        self._models = {name: served_model.ServedModel(folder) for name, folder in models.items()}
        self._classes = {name: answering(folder).classes for name, folder in models.items()}

    def score(self, shard: str, candidate_only: bool = False) -> Scores | None:
        """Scores the examples of a shard; None if it has none.

        Args:
            shard: File.
            candidate_only: Whether to ask only the first model, and to leave out the slices.

        Raises:
            DataError: A label is not one of the model's classes, there is not one label or weight per example, a
                weight cannot be one, or a value to slice by is not text.
        """
        parts = [
            self._score(batch, candidate_only) for batch in shards.batches([shard], served_model.BATCH_ROWS)
        ]
        return concatenate(parts) if parts else None

    def _score(self, batch: tf.Tensor, candidate_only: bool) -> Scores:
        settings, rows = self._settings, len(batch)
        spec = {name: tf.io.VarLenFeature(kind) for name, kind in self._dtypes.items()}
        columns = tf.io.parse_example(batch, spec) if spec else {}
        models = dict(list(self._models.items())[: 1 if candidate_only else None])
        candidate = next(iter(models.values()))
        if self._label.classes:
            labels = truth_of(candidate.ask("transform_features", LABEL, batch))
            predictions = {
                name: self._aligned(name, model.ask("serving_default", "probabilities", batch))
                for name, model in models.items()
            }
            known = next(iter(predictions.values())).shape[1]
            if ((labels < 0) | (labels >= known)).any():
                raise DataError(
                    f"label {self._label.name!r}: an example has no class, or one that the model does not know; "
                    "train it on data with all classes"
                )
        else:
            labels = columns[self._label.name].values.numpy()
            predictions = {
                name: model.ask("serving_default", "prediction", batch).reshape(-1)
                for name, model in models.items()
            }
        if len(labels) != rows:
            raise DataError(f"label {self._label.name!r}: every example must have one value")
        return Scores(
            hash_rows(self._decoder.DecodeBatch(batch.numpy())),
            labels,
            predictions,
            None if settings.weight is None else _weights(settings.weight, columns[settings.weight], rows),
            None if settings.group is None else _groups(columns[settings.group]),
            {} if candidate_only else {name: slices_of(name, columns[name]) for name in settings.slices},
        )

    def _aligned(self, name: str, probabilities: np.ndarray) -> np.ndarray:
        """Puts the probabilities of a model into the order of the label's classes."""
        wanted, given = self._label.classes, self._classes[name]
        if not given or given == wanted:
            missing = max(0, len(wanted) - probabilities.shape[1])
            return np.pad(probabilities, ((0, 0), (0, missing))) if missing else probabilities
        aligned = np.zeros((len(probabilities), len(wanted)), probabilities.dtype)
        for place, value in enumerate(given):
            if value in wanted:
                aligned[:, wanted.index(value)] = probabilities[:, place]
        return aligned


def _weights(name: str, column: tf.SparseTensor, rows: int) -> np.ndarray:
    values = column.values.numpy()
    if len(values) != rows or column.dense_shape[1] != 1 or values.dtype == object:
        raise DataError(
            f"data.weight: {name!r} must have one number in every row; fill its gaps, or name another column"
        )
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise DataError(f"data.weight: {name!r} is {values[wrong][0]} in a row of the test split; {WEIGHTS}")
    return values.astype(np.float64)


def _groups(column: tf.SparseTensor) -> np.ndarray:
    """A hash of the first value of each row; rows without one are a group."""
    text = column if column.dtype == tf.string else column.with_values(tf.strings.as_string(column.values))
    first = tf.sparse.to_dense(text, default_value="")
    first = first[:, 0] if first.shape[1] else tf.fill([first.shape[0]], "")
    return tf.strings.to_hash_bucket_fast(first, _HASHES).numpy().astype(np.uint64)


def concatenate(parts: Sequence[Scores]) -> Scores:
    """Joins scores, in order."""
    starts = np.cumsum([0, *(len(part.keys) for part in parts)]).tolist()
    first = parts[0]
    return Scores(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.labels for part in parts]),
        {name: np.concatenate([part.predictions[name] for part in parts]) for name in first.predictions},
        _concatenated([part.weights for part in parts]),
        _concatenated([part.groups for part in parts]),
        {name: joined([part.slices[name] for part in parts], starts) for name in first.slices},
    )


def _concatenated(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    found = [part for part in parts if part is not None]
    return np.concatenate(found) if found else None
