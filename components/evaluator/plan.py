"""What of an `EvalConfig` can be computed in columns."""

import dataclasses
import json
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from components.evaluator.means import METRICS

if TYPE_CHECKING:
    import tensorflow_model_analysis as tfma

COUNT = "ExampleCount"


@dataclasses.dataclass(frozen=True)
class Plan:
    """An evaluation.

    Attributes:
        signature: Signature to ask for predictions.
        prediction: Name of the output with the predictions.
        label: Name of the label.
        column: Name of the label's column in the data, for messages.
        transform: Signature whose outputs have the label; empty if it is a column of the examples.
        metrics: TFMA's class of each metric, by name.
        columns: Columns to slice by, each on its own.
        overall: Whether all examples are a slice.
    """

    signature: str
    prediction: str
    label: str
    column: str
    transform: str
    metrics: dict[str, str]
    columns: tuple[str, ...]
    overall: bool


def plan(config: "tfma.EvalConfig", column: str) -> Plan | None:
    """Plans an evaluation.

    Args:
        config: Configuration, as given to the component.
        column: Name of the label's column in the data.

    Returns:
        The plan; None if the configuration asks for something that only TFMA computes, such as weights, curves,
        confidence intervals, or slices by several columns.
    """
    metrics = [metric for spec in config.metrics_specs for metric in spec.metrics]
    known = (
        _has_only(config, "model_specs", "metrics_specs", "slicing_specs")
        and len(config.model_specs) == 1
        and _has_only(
            config.model_specs[0],
            "signature_name",
            "label_key",
            "prediction_key",
            "preprocessing_function_names",
        )
        and len(config.model_specs[0].preprocessing_function_names) <= 1
        and all(_has_only(spec, "metrics") for spec in config.metrics_specs)
        and all(_is_known(metric) for metric in metrics)
        and all(
            _has_only(spec, "feature_keys") and len(spec.feature_keys) <= 1 for spec in config.slicing_specs
        )
    )
    if not known:
        return None
    (model,) = config.model_specs
    keys = [tuple(spec.feature_keys) for spec in config.slicing_specs] or [()]
    return Plan(
        model.signature_name,
        model.prediction_key,
        model.label_key,
        column,
        "".join(model.preprocessing_function_names),
        {_name(metric): metric.class_name for metric in metrics},
        tuple(dict.fromkeys(key[0] for key in keys if key)),
        () in keys,
    )


def _has_only(message: Message, *fields: str) -> bool:
    return {field.name for field, _ in message.ListFields()} <= set(fields)


def _is_known(metric: "tfma.MetricConfig") -> bool:
    return (
        metric.class_name in (*METRICS, COUNT)
        and _has_only(metric, "class_name", "config", "threshold", "per_slice_thresholds")
        and set(_settings(metric)) <= {"name"}
        and bool(_name(metric))
    )


def _settings(metric: "tfma.MetricConfig") -> dict:
    return json.loads(f"{{{metric.config}}}")


def _name(metric: "tfma.MetricConfig") -> str:
    return _settings(metric).get("name", "example_count" if metric.class_name == COUNT else "")
