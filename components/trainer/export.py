"""Exports a trained model for TensorFlow Serving, TFMA, BulkInferrer and Python."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from components.features import LabelFeature
from components.learning.learn import Learned
from components.learning.task import Task
from components.learning.transformation import Tensors, transformation_of
from components.metrics.threshold import HALF
from components.model_store import model_files
from components.trainer.raw_features import example_spec, parse_rows, raw_features, rows_spec


def export(learned: Learned, task: Task, card: dict[str, Any], directory: str) -> None:
    """Exports a model together with the transformation of raw features.

    The SavedModel has three signatures. `serving_default` and `transform_features` take a vector of serialised
    `tf.Example`s of raw features. `rows` takes one tensor per raw feature, so that TensorFlow Serving's REST API
    takes plain rows (see `raw_features`). `serving_default` and `rows` return `prediction` (a class with its value
    in the data, or a number in label units) and, for classes, `probabilities` of shape (batch, classes), float32; with
    a model of one output for two classes, `logistic` has the probability of the second one, of shape (batch, 1).
    `transform_features` returns the transformed features. The prediction is the most probable class; for a binary
    label, it is the positive class if its probability is at least the threshold. Where any number of labels applies to
    a row, it is a text of those whose probability is at least the threshold, joined by `LabelFeature.joiner`.

    Args:
        learned: Model whose inputs are transformed features by name, with the meaning of its outputs.
        task: Task that the model was trained on.
        card: Description of the model, as plain JSON. It is written to `assets.extra/model.json`, with `features`, the
            raw features (`components.features.RawFeature` by name), and `input_values`, the number of values that the
            model takes for one example.
        directory: New folder for the SavedModel.
    """
    model, label = learned.model, task.schema.label
    transform, raw_spec = transformation_of(task.described), task.described.raw_feature_spec()
    features = raw_features(transform.sources(task.schema.inputs), task.described.raw_metadata.schema)
    serving_spec = example_spec(features)
    archive = keras.export.ExportArchive()
    archive.track(model)
    if transform.resource is not None:
        archive.track(transform.resource)

    classes = (
        tf.constant(label.classes, None if isinstance(label.classes[0], str) else tf.int64)
        if label.classes
        else None
    )

    def answer(raw: Tensors) -> Tensors:
        transformed = transform(raw)
        inputs = {name: transformed[name] for name in task.schema.inputs}
        outputs = model(inputs, training=False)
        predictions = learned.outputs.predictions(outputs)
        if classes is None:
            return {"prediction": predictions}
        if label.is_multilabel:
            return {
                "probabilities": predictions,
                "prediction": _joined(predictions, label, learned.threshold),
            }
        chosen = _chosen(predictions, label.positive, learned.threshold)
        found = {"probabilities": predictions, "prediction": tf.gather(classes, chosen)}
        # Metrics for one output, as TFMA looks for it; those for an output per class find `probabilities`.
        return found if outputs.shape[-1] == len(classes) else {**found, "logistic": predictions[:, 1:]}

    def serve(examples: tf.Tensor) -> Tensors:
        return answer(tf.io.parse_example(examples, serving_spec))

    def serve_rows(rows: Tensors) -> Tensors:
        return answer(parse_rows(rows, features))

    def transform_features(examples: tf.Tensor) -> Tensors:
        return transform(tf.io.parse_example(examples, raw_spec))

    signature = [tf.TensorSpec([None], tf.string, name="examples")]
    archive.add_endpoint("serving_default", serve, input_signature=signature)
    archive.add_endpoint("transform_features", transform_features, input_signature=signature)
    archive.add_endpoint("rows", serve_rows, input_signature=[rows_spec(features)])
    archive.write_out(directory, verbose=False)
    columns = {name: dataclasses.asdict(feature) for name, feature in features.items()}
    path = Path(directory, model_files.CARD)
    path.parent.mkdir()
    added = {
        "features": columns,
        "input_values": sum(math.prod(each.shape) for each in task.schema.inputs.values()),
    }
    path.write_text(json.dumps({**card, **added}, indent=2), encoding="utf-8")
    model.save(Path(directory, model_files.KERAS))
    if learned.residuals:
        text = json.dumps(dataclasses.asdict(learned.residuals))
        Path(directory, model_files.RESIDUALS).write_text(text, encoding="utf-8")


def _joined(probabilities: tf.Tensor, label: LabelFeature, threshold: float | None) -> tf.Tensor:
    """Returns the labels of each row as one text; empty if there are none."""
    chosen = probabilities >= tf.constant(HALF if threshold is None else threshold, probabilities.dtype)
    names = tf.broadcast_to(tf.constant([str(each) for each in label.classes]), tf.shape(probabilities))
    return tf.strings.reduce_join(tf.ragged.boolean_mask(names, chosen), axis=1, separator=label.joiner)


def _chosen(probabilities: tf.Tensor, positive: int | None, threshold: float | None) -> tf.Tensor:
    """Returns the index of the predicted class of each row, int64."""
    if positive is None or threshold is None:
        return tf.argmax(probabilities, axis=-1)
    is_positive = probabilities[:, positive] >= tf.constant(threshold, probabilities.dtype)
    return tf.where(is_positive, tf.constant(positive, tf.int64), tf.constant(1 - positive, tf.int64))
