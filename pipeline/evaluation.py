"""Metrics that the Evaluator computes, and thresholds that a model must reach to be blessed."""

import dataclasses

import tensorflow_model_analysis as tfma

from components.features import LABEL
from pipeline.config.sections import METRICS, EvaluationSection
from pipeline.data.inspection import Label


@dataclasses.dataclass(frozen=True)
class Metric:
    """TFMA's name of a metric, and whether larger is better."""

    class_name: str
    larger_is_better: bool


TFMA = {
    "accuracy": Metric("SparseCategoricalAccuracy", larger_is_better=True),
    "cross_entropy": Metric("SparseCategoricalCrossentropy", larger_is_better=False),
    "rmse": Metric("RootMeanSquaredError", larger_is_better=False),
    "mae": Metric("MeanAbsoluteError", larger_is_better=False),
}


def eval_config(label: Label, judged_by: str, section: EvaluationSection) -> tfma.EvalConfig:
    """All metrics of the task, with thresholds on the one that the model is judged by.

    Args:
        label: Label that the model predicts.
        judged_by: Metric with thresholds, a key of `TFMA`.
        section: Thresholds and slices.
    """
    if label.task == "classification":
        model = tfma.ModelSpec(
            signature_name="serving_default",
            preprocessing_function_names=["transform_features"],
            label_key=LABEL,
            prediction_key="probabilities",
        )
    else:
        model = tfma.ModelSpec(
            signature_name="serving_default", label_key=label.name, prediction_key="prediction"
        )
    metrics = [
        tfma.MetricConfig(
            class_name=TFMA[name].class_name,
            config=f'"name": "{name}"',
            # Slices are reported, not judged; a plain threshold would apply to each of them.
            per_slice_thresholds=[
                {"slicing_specs": [tfma.SlicingSpec()], "threshold": _threshold(name, section)}
            ]
            if name == judged_by
            else [],
        )
        for name in METRICS[label.task]
    ]
    metrics.append(tfma.MetricConfig(class_name="ExampleCount"))
    slices = [tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[name]) for name in section.slices)]
    return tfma.EvalConfig(
        model_specs=[model], metrics_specs=[tfma.MetricsSpec(metrics=metrics)], slicing_specs=slices
    )


def _threshold(name: str, section: EvaluationSection) -> tfma.MetricThreshold:
    larger, gain = TFMA[name].larger_is_better, section.min_improvement
    direction = tfma.MetricDirection
    threshold = tfma.MetricThreshold(
        change_threshold=tfma.GenericChangeThreshold(
            direction=direction.HIGHER_IS_BETTER if larger else direction.LOWER_IS_BETTER,
            absolute={"value": gain if larger else -gain},
        )
    )
    # Without one, the Evaluator compares with the best constant prediction.
    if section.threshold is not None:
        bound = {"lower_bound" if larger else "upper_bound": {"value": section.threshold}}
        threshold.value_threshold.CopyFrom(tfma.GenericValueThreshold(**bound))
    return threshold
