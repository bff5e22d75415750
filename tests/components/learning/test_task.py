"""Checks of the user's code before a training."""

import numpy as np
import pytest
import tensorflow as tf

from components.features import Input, LabelFeature, ModelSchema
from components.learning.learn import learn
from components.learning.model_check import check_features
from components.learning.outputs import Scale
from components.learning.task import Task
from reactive_schedules import TrainingSpec
from reactive_schedules.training.tensorflow.sources import ArraySource

CLASSES = LabelFeature("kind", "classification", ("a", "b", "c"))
NUMBER = LabelFeature("price", "regression")
DENSE = tf.io.FixedLenFeature([1], tf.int64)
SPEC = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 1})


def learned(build: str, label: LabelFeature, **hyperparameters):
    data = {"x_xf": np.linspace(-2, 2, 60, dtype=np.float32).reshape(20, 3)}, np.zeros((20, 1), np.int64)
    schema = ModelSchema({"x_xf": Input((3,), "float32")}, label)
    source = ArraySource(data)
    task = Task(source, source, schema, Scale(), None)
    return learn(task, SPEC, f"tests.components.user_models.{build}", hyperparameters)


@pytest.mark.parametrize(
    ("label", "build", "hyperparameters", "message"),
    [
        (CLASSES, "nothing", {}, "returned None; return a keras.Model"),
        (CLASSES, "answering", {"units": 5}, r"output is of shape \(batch, 5\); for classification of 'kind' it must have shape \(batch, 3\): 3 probabilities"),
        (CLASSES, "answering", {"units": 1, "flat": True}, r"output is of shape \(batch\); for"),
        (CLASSES, "answering", {"units": 3, "named": True}, "output is a dict; for"),
        (CLASSES, "answering", {"units": 3}, "output is not probabilities, such as [-.0-9e]+, [-.0-9e]+, [-.0-9e]+; end it with a softmax over the 3 classes"),
        (CLASSES, "answering", {"units": 3, "activation": "sigmoid"}, "end it with a softmax"),
        (NUMBER, "answering", {"units": 2}, r"for regression of 'price' it must have shape \(batch, 1\): one number per example"),
    ],
)  # fmt: skip
def test_a_model_whose_output_does_not_fit_the_label_is_refused(label, build, hyperparameters, message):
    with pytest.raises(ValueError, match=rf"^model.build: tests.components.user_models.{build} .*{message}"):
        learned(build, label, **hyperparameters)


@pytest.mark.parametrize(
    ("label", "hyperparameters"),
    [(CLASSES, {"units": 3, "activation": "softmax"}), (NUMBER, {"units": 1})],
)
def test_a_model_whose_output_fits_the_label_is_trained(label, hyperparameters):
    result = learned("answering", label, **hyperparameters).result
    assert len(result.history["loss"]) == 1


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {"y_xf": DENSE, "x_xf": DENSE},
            "model.preprocessing: returns x_xf, y_xf, but not 'label_xf'; return the label",
        ),
        ({"label_xf": DENSE}, "model.preprocessing: returns only 'label_xf'; return the features"),
        (
            {"label_xf": DENSE, "bag_xf": tf.io.VarLenFeature(tf.int64)},
            "^model.preprocessing: 'bag_xf' is sparse; make it dense, for example with tf.sparse.to_dense, and",
        ),
        (
            {"label_xf": DENSE, "bag_xf": tf.io.RaggedFeature(tf.int64)},
            "^model.preprocessing: 'bag_xf' is ragged; make it dense, for example with its to_tensor",
        ),
    ],
)
def test_unusable_features_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        check_features(features)
