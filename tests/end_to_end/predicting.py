"""Ways to predict that several modules try."""

from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from click.testing import CliRunner, Result
from tensorflow_serving.apis import predict_pb2

from pipeline.__main__ import main


def predict(*arguments: object, **options) -> Result:
    """Runs the command in this process, where TensorFlow is already loaded."""
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)], **options)
    assert not isinstance(result.exception, Exception), result.exception
    return result


def by_serving(folder: Path, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Answers a Predict request as TensorFlow Serving does: from the wire format to the signature, and back."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "model", signature
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    request = predict_pb2.PredictRequest.FromString(request.SerializeToString())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        definition = graph.signature_def[request.model_spec.signature_name]
        assert request.inputs.keys() == definition.inputs.keys()
        feed = {
            definition.inputs[name].name: tf.make_ndarray(proto) for name, proto in request.inputs.items()
        }
        answers = session.run({name: info.name for name, info in definition.outputs.items()}, feed)
    response = predict_pb2.PredictResponse()
    for name, values in answers.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(values))
    response = predict_pb2.PredictResponse.FromString(response.SerializeToString())
    return {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}


def probabilities(file: Path) -> np.ndarray:
    """The columns that the command added for the classes."""
    frame = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    return frame.filter(regex="^probability_").to_numpy()
