"""How the outputs of a model become predictions, in the exported model as in the metrics."""

import dataclasses

import tensorflow as tf

from components.learning.calibration import LEAST


@dataclasses.dataclass(frozen=True)
class Scale:
    """Scale of the labels: a regression learns (label - mean) / std; classes keep mean 0 and std 1."""

    mean: float = 0.0
    std: float = 1.0

    def __call__(self, label: tf.Tensor) -> tf.Tensor:
        """Returns the scaled labels."""
        return (tf.cast(label, tf.float32) - self.mean) / self.std


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The meaning of a model's outputs.

    Attributes:
        classes: Number of classes; 0 for a regression.
        scale: Scale of the labels that the model learned.
        from_logits: Whether the outputs are logits.
        temperature: What the logits are divided by; see `components.learning.calibration`.
        is_multilabel: Whether any number of the classes applies to a row.
    """

    classes: int
    scale: Scale = Scale()
    from_logits: bool = False
    temperature: float = 1.0
    is_multilabel: bool = False

    def predictions(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns probabilities of shape (batch, classes), or numbers in label units of shape (batch,).

        A single output for two classes is the probability of the second one.
        """
        if not self.classes:
            return outputs[:, 0] * self.scale.std + self.scale.mean
        is_single = outputs.shape[-1] == 1 and not self.is_multilabel
        if self.from_logits:
            outputs = tf.sigmoid(outputs) if self.is_multilabel or is_single else tf.nn.softmax(outputs)
        if is_single:
            outputs = tf.concat([1 - outputs, outputs], axis=-1)
        return self.calibrated(outputs)

    def calibrated(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Returns probabilities at the temperature, as `components.learning.calibration.calibrated`, in float32."""
        if self.temperature == 1:
            return probabilities
        logits = tf.math.log(tf.maximum(tf.cast(probabilities, tf.float32), LEAST))
        return tf.nn.softmax(logits / self.temperature)
