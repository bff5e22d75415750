"""An exported model, asked with batches of serialised examples."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

BATCH_ROWS = 1024
"""Examples to ask at once: enough that the call costs little, few enough that images fit into memory."""


def load(folder: str) -> Callable[[str, str, tf.Tensor], np.ndarray]:
    """Loads a SavedModel.

    Args:
        folder: Folder of the SavedModel, with signatures that take a vector of serialised examples.

    Returns:
        A function of (signature, name of an output, serialised examples) that returns the output. A last dimension
        of one value is left out.
    """
    loaded = tf.saved_model.load(folder)

    def ask(signature: str, output: str, examples: tf.Tensor) -> np.ndarray:
        function = loaded.signatures[signature]
        (argument,) = function.structured_input_signature[1]
        values = function(**{argument: examples})[output].numpy()
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values

    return ask
