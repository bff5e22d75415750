"""The transformation of raw features, as Transform wrote it, for use in an exported model."""

from collections.abc import Iterable

import tensorflow as tf
from tensorflow_transform import TFTransformOutput, graph_tools, tf2_utils

from components.learning.prepared import Prepared

Tensor = tf.Tensor | tf.SparseTensor
Tensors = dict[str, Tensor]


class Transformation:
    """A function of raw features that returns transformed ones, by name.

    It computes the same as `TFTransformOutput.transform_features_layer()`, which Keras takes several times as long to
    export: a Keras layer holds each vocabulary and each function of the graph more than once.

    Attributes:
        resource: What an export must track: it holds the vocabularies.
        inputs: The raw features, as the graph takes them.
    """

    def __init__(self, transform_output: TFTransformOutput) -> None:
        self.resource = tf.saved_model.load(transform_output.transform_savedmodel_dir)
        graph = self.resource.transform_fn.graph
        self.inputs: Tensors = tf2_utils.get_structured_inputs_from_func_graph(graph)
        self._outputs: Tensors = tf.nest.pack_sequence_as(
            graph.structured_outputs, graph.outputs, expand_composites=True
        )

    def sources(self, outputs: Iterable[str]) -> set[str]:
        """Returns the names of the raw features that the given transformed features are computed from."""
        wanted = tf.nest.flatten([self._outputs[name] for name in outputs], expand_composites=True)
        found = graph_tools.retrieve_sources([part.op for part in wanted], ignore_control_dependencies=True)
        return {
            name
            for name, value in self.inputs.items()
            if any(part in found for part in tf.nest.flatten(value, expand_composites=True))
        }

    def __call__(self, raw: Tensors) -> Tensors:
        """Transforms a batch, inside a function that TensorFlow traces.

        Args:
            raw: Raw features; what is computed from others has no meaning.
        """
        missing = set(self.inputs) - set(raw)
        if missing:
            rows = tf.shape(next(iter(raw.values())))[0]
            raw = {**raw, **tf2_utils.supply_missing_inputs(self.inputs, rows, missing)}
        return self.resource.transform_fn(*tf.nest.flatten(raw, expand_composites=True))


class Identity:
    """The transformation of features that a model takes as they are."""

    resource = None

    def sources(self, outputs: Iterable[str]) -> set[str]:
        """Returns the given names."""
        return set(outputs)

    def __call__(self, raw: Tensors) -> Tensors:
        """Returns its argument."""
        return raw


def transformation_of(described: Prepared) -> Transformation | Identity:
    """Returns the transformation of the features that an artifact describes."""
    return Transformation(described) if isinstance(described, TFTransformOutput) else Identity()
