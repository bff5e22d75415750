"""What the Evaluator is asked for, as plain values."""

import dataclasses
import json

from components.features import LabelFeature
from components.metrics import Metric, find, names

CONFIDENCE = 0.95
"""Confidence that a model is better than the one in production; see `benchmarks.promotions`."""

RANKED_CLASSES = 50
"""With more classes than this, the areas under the curves of each of them are computed only if they are judged."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """An evaluation.

    Attributes:
        label: The label; its task decides which metrics there are. Without classes, it has those of the model.
        metric: Metric that the model is judged by; a name in `components.metrics`.
        threshold: Least value of the metric, or largest where smaller is better; None asks for a better value than
            that of the best constant prediction.
        min_improvement: What the model must be better by than the baseline, in the unit of the metric; negative is
            what it may be worse by.
        confidence: Probability with which it must be so, from 0.5 on.
        slices: Columns to report the metric by.
        weight: Column with the weight of each row.
        group: Column whose rows with the same value belong together, for the intervals.
        validation: Split that the training chose the model by, to compare with; empty for none.
        code: Fingerprint of the metric's code if it is a function of the user; it is part of the cache key.
    """

    label: LabelFeature
    metric: str
    threshold: float | None = None
    min_improvement: float = 0.0
    confidence: float = CONFIDENCE
    slices: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    validation: str = ""
    code: str = ""

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Parses the output of `to_json`."""
        values = json.loads(text)
        label = LabelFeature.from_json(json.dumps(values.pop("label")))
        return cls(label, **{**values, "slices": tuple(values["slices"])})

    def metrics(self) -> dict[str, Metric]:
        """All metrics of the task, and the one that is judged."""
        known = names(self.label.task, len(self.label.classes))
        if len(self.label.classes) > RANKED_CLASSES:
            known = tuple(name for name in known if name not in ("roc_auc", "pr_auc"))
        known = tuple(name for name in known if name != "quantile_loss")  # of the median, it is half of mae
        return {name: find(name) for name in dict.fromkeys((*known, self.metric))}
