"""The results in TFMA's words, so that its loaders, viewers and writers take them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from components.evaluator.settings import Settings

if TYPE_CHECKING:
    import tensorflow_model_analysis as tfma
    from tensorflow_model_analysis.metrics.metric_types import MetricKey

CLASSES = {
    "accuracy": "SparseCategoricalAccuracy",
    "balanced_accuracy": "BalancedAccuracy",
    "cross_entropy": "SparseCategoricalCrossentropy",
    "f1": "F1Score",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mcc": "MatthewsCorrelationCoefficient",
    "pr_auc": "AUCPrecisionRecall",
    "precision": "Precision",
    "recall": "Recall",
    "rmse": "RootMeanSquaredError",
    "roc_auc": "AUC",
}
"""TFMA's names of metrics that it has, too; the figures of the others are in its files alike."""

OF_SEVERAL_LABELS = {
    "cross_entropy": "BinaryCrossentropy",
    "pr_auc": "AUCPrecisionRecall",
    "roc_auc": "AUC",
}
"""The same where any number of labels applies to a row."""

COUNT = "example_count"

SliceKey = tuple[tuple[str, Any], ...]
"""A slice as TFMA writes it: no pair for all examples, or one pair of a column and its value."""


def eval_config(settings: Settings, has_baseline: bool) -> "tfma.EvalConfig":
    """The configuration that TFMA's viewers show."""
    import tensorflow_model_analysis as tfma

    answers = "probabilities" if settings.label.classes else "prediction"
    model = {
        "signature_name": "serving_default",
        "label_key": settings.label.name,
        "prediction_key": answers,
        "example_weight_key": settings.weight or "",
    }
    classes = OF_SEVERAL_LABELS if settings.label.is_multilabel else CLASSES
    models = [
        tfma.ModelSpec(name="candidate", **model),
        tfma.ModelSpec(name="baseline", is_baseline=True, **model),
    ]
    metrics = [
        tfma.MetricConfig(class_name=classes[name], config=json.dumps({"name": name})[1:-1])
        for name in settings.metrics()
        if name in classes  # TFMA's writer makes objects of them
    ]
    metrics.append(tfma.MetricConfig(class_name="ExampleCount", config=f'"name": "{COUNT}"'))
    return tfma.EvalConfig(
        model_specs=models if has_baseline else [tfma.ModelSpec(**model)],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=[name]) for name in settings.slices),
        ],
    )


def figures(
    found: Mapping[str, Any], models: Sequence[str]
) -> Iterator[tuple[SliceKey, dict["MetricKey", float]]]:
    """Yields the metrics of each slice, and of two models how much more the first has.

    Args:
        found: Content of `metrics.json`.
        models: Names of the models.
    """
    yield (), _keyed(found["candidate"], found["baseline"], found["examples"], models)
    for each in found["slices"]:
        ((column, value),) = each["slice"].items()
        yield ((column, value),), _keyed(each["metrics"], each["baseline"], each["examples"], models)


def _keyed(
    values: Mapping[str, float], others: Mapping[str, float] | None, examples: int, models: Sequence[str]
) -> dict["MetricKey", float]:
    from tensorflow_model_analysis.metrics.metric_types import MetricKey

    sides = [values, *([others] if others else [])]
    found = {
        MetricKey(name, model_name=model): float(value)
        for model, side in zip(models, sides, strict=True)
        for name, value in {**side, COUNT: examples}.items()
    }
    if len(models) > 1:
        for key in [key for key in found if key.model_name == models[0]]:
            found[key.make_diff_key()] = found[key] - found[key.make_baseline_key(models[1])]
    return found


def validation(found: Mapping[str, Any], models: Sequence[str]) -> "tfma.ValidationResult":
    """The verdict, with the reasons as failures of the metric that the model is judged by."""
    import tensorflow_model_analysis as tfma

    result = tfma.ValidationResult(validation_ok=found["blessed"])
    result.validation_details.slicing_details.add(num_matching_slices=1).slicing_spec.SetInParent()
    if not found["blessed"]:
        of_slice = result.metric_validations_per_slice.add()
        of_slice.slice_key.SetInParent()
        for reason in found["reasons"]:
            failure = of_slice.failures.add(message=reason)
            failure.metric_key.name = found["metric"]
            failure.metric_key.model_name = models[0]
    return result
