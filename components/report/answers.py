"""What the exported model answers on examples it has not seen, beside their labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tfx.types import Artifact

from components.features import LABEL
from components.split_files import files_of

MAX_EXAMPLES = 20_000
"""Examples that are predicted at most: enough for every figure of the page, and a matter of seconds."""

BATCH = 1024


@dataclasses.dataclass(frozen=True)
class AnsweredExamples:
    """Labels and answers.

    Attributes:
        labels: index of the class, or the number, of shape (examples,).
        answers: probabilities of shape (examples, classes), or numbers of shape (examples,).
        complete: whether these are all examples of the split.
        example: the first one, serialised.
    """

    labels: np.ndarray
    answers: np.ndarray
    complete: bool
    example: bytes


def answer_examples(
    model: str, examples: Sequence[Artifact], split: str, limit: int = MAX_EXAMPLES
) -> AnsweredExamples:
    """Asks a SavedModel as TensorFlow Serving would.

    Args:
        model: folder of the SavedModel, with the signatures of `components.trainer.export`.
        examples: list of the `Examples` artifacts of raw examples.
        split: which of their splits.
        limit: the first so many examples are taken.
    """
    loaded = tf.saved_model.load(model)
    serve, transform = (loaded.signatures[name] for name in ("serving_default", "transform_features"))
    records = tf.data.TFRecordDataset(files_of(examples, split), compression_type="GZIP")
    labels, answers, first, count = [], [], b"", 0
    for batch in records.take(limit + 1).batch(BATCH):
        first = first or batch[0].numpy()
        count += len(batch)
        batch = batch[: len(batch) - max(0, count - limit)]
        outputs = serve(examples=batch)
        answers.append(_answer(outputs))
        labels.append(transform(examples=batch)[LABEL].numpy()[:, 0])
    return AnsweredExamples(np.concatenate(labels), np.concatenate(answers), count <= limit, first)


def _answer(outputs: dict[str, tf.Tensor]) -> np.ndarray:
    return outputs["probabilities" if "probabilities" in outputs else "prediction"].numpy()


def confusion(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Counts of shape (classes, classes): rows are the true classes, columns the predicted ones."""
    classes = probabilities.shape[1]
    known = labels >= 0  # a class that the training data lacks has no index
    pairs = labels[known].astype(int) * classes + probabilities[known].argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


@dataclasses.dataclass(frozen=True)
class Bin:
    """Predictions of about the same value.

    Attributes:
        predicted: their mean.
        actual: mean of what came true: the share of right answers, or the label.
        examples: how many.
    """

    predicted: float
    actual: float
    examples: int


def confidence_bins(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> list[Bin]:
    """Answers by the probability of the predicted class, in bins of equal width (arXiv 1706.04599, section 2)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return [_bin(confidence[places == k], right[places == k]) for k in range(bins) if np.any(places == k)]


def quantile_bins(labels: np.ndarray, numbers: np.ndarray, bins: int) -> list[Bin]:
    """Answers of a regression in bins of about equally many."""
    order = np.argsort(numbers, kind="stable")
    return [_bin(numbers[part], labels[part]) for part in np.array_split(order, bins) if len(part)]


def _bin(predicted: np.ndarray, actual: np.ndarray) -> Bin:
    return Bin(float(predicted.mean()), float(actual.mean()), len(predicted))


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: mean distance of confidence and accuracy, weighted by examples."""
    total = sum(each.examples for each in found)
    return sum(each.examples * abs(each.predicted - each.actual) for each in found) / total
