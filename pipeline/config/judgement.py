"""What a model is judged by, where the configuration leaves it open."""

import dataclasses

from components import metrics
from components.errors import few, one_of
from components.metrics.balance import RARE_LABEL, is_rare
from pipeline.config.errors import ConfigError
from pipeline.config.label import or_another_task
from pipeline.config.sections import EvaluationSection
from pipeline.data.inspection import Label

_OF_ALL_CLASSES = {"f1": "macro_f1", "precision": "macro_f1", "recall": "balanced_accuracy"}


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What a model is judged by.

    Attributes:
        metric: Name of the metric.
        lines: What was chosen and why, a line each, with the key that changes it.
    """

    metric: str
    lines: tuple[str, ...] = ()


def judgement(section: EvaluationSection, label: Label) -> Judgement:
    """Chooses what is open, and checks what is not.

    Raises:
        ConfigError: The metric or its threshold does not fit the label.
    """
    metric, why = _metric(section, label)
    _check(metric, section, label)
    return Judgement(metric, (why,) if why else ())


def _metric(section: EvaluationSection, label: Label) -> tuple[str, str]:
    if section.metric:
        return section.metric, ""
    if label.task == "regression":
        return "rmse", ""
    if label.task == "multilabel":
        return "macro_f1", _rare_labels(label)
    rarest, rows = min(label.counts, default=0), sum(label.counts)
    if not is_rare(rarest, rows, len(label.classes)):
        return "accuracy", ""
    name = label.classes[label.counts.index(rarest)]
    return "balanced_accuracy", (
        f"label {label.name}: only {100 * rarest / rows:.2g} % of the rows are {name!r}, so the model is judged by "
        "balanced_accuracy, in which each class counts the same; evaluation.metric changes it"
    )


def _rare_labels(label: Label) -> str:
    """A line about labels of a multi-label column that few rows have; empty if there are none."""
    rare = [place for place, count in enumerate(label.counts) if count < RARE_LABEL * label.rows]
    if not rare:
        return ""
    rarest = min(rare, key=label.counts.__getitem__)
    others = f", and {len(rare) - 1} more in less than 1 %" if len(rare) > 1 else ""
    return (
        f"label {label.name}: {str(label.classes[rarest])!r} is in only {label.counts[rarest]:,} of {label.rows:,} rows"
        f"{others}; macro_f1, which the model is judged by, counts each label the same, evaluation.metric: micro_f1 "
        "counts each answer the same"
    )


def _check(name: str, section: EvaluationSection, label: Label) -> None:
    if metrics.is_own(name):
        return
    metric = metrics.find(name)
    fitting = one_of(metrics.names(label.task, len(label.classes)))
    if label.task not in metric.tasks:
        raise ConfigError(
            f"evaluation.metric: {name} does not fit a {label.task} label; use {fitting}{or_another_task(label)}"
        )
    if metric.binary_only and len(label.classes) != 2:
        raise ConfigError(
            f"evaluation.metric: {name} needs two classes, but {label.name} has {len(label.classes)} "
            f"classes ({few([str(each) for each in label.classes])}); use {_OF_ALL_CLASSES[name]}"
        )
    if name == "mape" and label.has_zero:
        raise ConfigError(
            f"evaluation.metric: mape has no value where {label.name} is 0, as in this data; use mae or rmse"
        )
    if name == "recall" and section.threshold is None:
        raise ConfigError(
            "evaluation.metric: a constant answer has a recall of 1, which no model can beat; set evaluation.threshold "
            "to the least recall you accept, or use f1"
        )
    threshold = section.threshold or 0.0
    if metric.larger_is_better and threshold > 1:
        raise ConfigError(
            f"evaluation.threshold: {name} is at most 1, so no model can reach {threshold:g}; 90 % is 0.9"
        )
    if not metric.larger_is_better and threshold < 0:
        raise ConfigError(
            f"evaluation.threshold: {name} is at least 0, so no model can reach {threshold:g}; give the largest that "
            "you accept"
        )
