"""Predictions of the exported model for unseen examples, with their labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from tfx.types import Artifact

from components import served_model
from components.features import LABEL
from components.learning.splits import truth_of
from components.metrics.rows import Rows
from components.shards import batches, files_of

MAX_EXAMPLES = 20_000
"""Maximum number of examples to predict: enough for every figure of the page, within seconds."""


@dataclasses.dataclass(frozen=True)
class AnsweredExamples:
    """Labels and predictions.

    Attributes:
        labels: Indices of the classes, or numbers, of shape (examples,); or 0 and 1 for each of several labels, of
            shape (examples, classes).
        answers: Predictions: probabilities of shape (examples, classes), or numbers of shape (examples,).
        complete: Whether these are all examples of the split.
        example: The first example, serialised.
    """

    labels: np.ndarray
    answers: np.ndarray
    complete: bool
    example: bytes


def answer_examples(
    model: str, examples: Sequence[Artifact], split: str, limit: int = MAX_EXAMPLES
) -> AnsweredExamples:
    """Predicts examples with a SavedModel as TensorFlow Serving would.

    Args:
        model: Folder of the SavedModel, with the signatures of `components.trainer.export`.
        examples: `Examples` artifacts of raw examples.
        split: Name of the split.
        limit: Maximum number of examples, taken from the start of the split.
    """
    served = served_model.ServedModel(model)
    output = "probabilities" if "probabilities" in served.outputs("serving_default") else "prediction"
    labels, answers, first, count = [], [], b"", 0
    for batch in batches(files_of(examples, split), served_model.BATCH_ROWS):
        first = first or batch[0].numpy()
        asked = batch[: limit - count]
        count += len(batch)
        if len(asked):
            answers.append(served.ask("serving_default", output, asked))
            labels.append(truth_of(served.ask("transform_features", LABEL, asked)))
        if count > limit:
            break
    return AnsweredExamples(np.concatenate(labels), np.concatenate(answers), count <= limit, first)


def confusion(rows: Rows) -> np.ndarray:
    """Returns counts of shape (classes, classes): rows are true classes, columns are predicted classes."""
    known = rows.labels >= 0  # a class that is missing from the training data has no index
    pairs = rows.labels[known].astype(int) * rows.classes + rows.answers[known]
    return np.bincount(pairs, minlength=rows.classes**2).reshape(rows.classes, rows.classes)


@dataclasses.dataclass(frozen=True)
class Bin:
    """A group of similar predictions.

    Attributes:
        predicted: Mean of the predictions.
        actual: Share of rows that are of the class, or mean of the labels.
        examples: Number of predictions.
    """

    predicted: float
    actual: float
    examples: int


def confidence_bins(rows: Rows, bins: int = 10) -> list[Bin]:
    """Groups rows by the probability of the positive class, or else of the most probable one, in bins of equal width.

    Source: arXiv 1706.04599, section 2.
    """
    if rows.positive is None:
        confidence, right = rows.predictions.max(axis=1), rows.labels == rows.predictions.argmax(axis=1)
    else:
        confidence, right = rows.predictions[:, rows.positive], rows.labels == rows.positive
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return [_bin(confidence[places == k], right[places == k]) for k in range(bins) if np.any(places == k)]


def quantile_bins(labels: np.ndarray, numbers: np.ndarray, bins: int) -> list[Bin]:
    """Groups the predictions of a regression into bins of about equal size."""
    order = np.argsort(numbers, kind="stable")
    return [_bin(numbers[part], labels[part]) for part in np.array_split(order, bins) if len(part)]


def _bin(predicted: np.ndarray, actual: np.ndarray) -> Bin:
    return Bin(float(predicted.mean()), float(actual.mean()), len(predicted))


def calibration_error(found: Sequence[Bin]) -> float:
    """Returns the expected calibration error: the mean of |predicted - actual|, weighted by examples."""
    total = sum(each.examples for each in found)
    return sum(each.examples * abs(each.predicted - each.actual) for each in found) / total
