"""What a training minimises and what it measures, as plain data. Imports neither NumPy nor Keras."""

import dataclasses
import json
from typing import Literal

LOSSES = {
    "classification": (
        "sparse_categorical_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "kl_divergence",
    ),
    "multilabel": ("binary_crossentropy", "binary_focal_crossentropy"),
    "regression": (
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
        "poisson",
    ),
}
"""Keras' names of the losses that fit a label, by task; the first is the default."""


@dataclasses.dataclass(frozen=True)
class Goal:
    """What a training minimises and what it measures.

    Attributes:
        loss: One of `LOSSES`, or the dotted path of a function of labels and outputs; None is the default, or that of
            a model that the user compiled.
        from_logits: Whether the outputs of a classifier are logits, to which the exported model applies a softmax, or a
            sigmoid for several labels per row.
        class_weight: Weight of each class in the training loss, in the order of the classes; "balanced" weighs all
            classes alike; None weighs all examples alike.
        weight: Raw column with the weight of each example; None weighs all alike.
        metric: Metric that the model will be judged by, a name of `components.metrics`; it is logged, and the threshold
            of a binary label or of several labels is chosen for it. None logs no more than what is monitored.
        objective: Objective of a search, as in the logs; None outside a search.
        calibrate: Whether the probabilities of the exported model are calibrated.
        label_smoothing: Share of each label that the loss spreads evenly over all classes.
    """

    loss: str | None = None
    from_logits: bool = False
    class_weight: Literal["balanced"] | tuple[float, ...] | None = None
    weight: str | None = None
    metric: str | None = None
    objective: str | None = None
    calibrate: bool = True
    label_smoothing: float = 0.0

    @classmethod
    def from_json(cls, text: str) -> "Goal":
        """Parses the output of `to_json`."""
        values = json.loads(text)
        if isinstance(values["class_weight"], list):
            values["class_weight"] = tuple(values["class_weight"])
        return cls(**values)

    def to_json(self) -> str:
        """Returns the attributes as one JSON object."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


DEFAULT = Goal()
"""The default loss, and no weights."""
