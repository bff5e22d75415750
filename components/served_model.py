"""An exported model, asked with batches of serialised examples."""

import numpy as np
import tensorflow as tf

BATCH_ROWS = 1024
"""Examples to ask at once: enough that a call costs little, few enough that images fit into memory."""


class ServedModel:
    """The signatures of a SavedModel, as TensorFlow Serving calls them."""

    def __init__(self, folder: str) -> None:
        """Loads a SavedModel whose signatures take one vector of serialised examples."""
        self._signatures = tf.saved_model.load(folder).signatures

    def outputs(self, signature: str) -> set[str]:
        """Returns the names of a signature's outputs."""
        return set(self._signatures[signature].structured_outputs)

    def ask(self, signature: str, output: str, examples: tf.Tensor) -> np.ndarray:
        """Returns one output for a batch of examples."""
        function = self._signatures[signature]
        (argument,) = function.structured_input_signature[1]
        return function(**{argument: examples})[output].numpy()
