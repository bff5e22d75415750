"""What a model is judged on."""

import pytest


@pytest.mark.parametrize(("task", "metric"), [("classification", "accuracy"), ("regression", "rmse")])
def test_thresholds_hold_for_all_examples_together_not_for_each_slice(task, metric):
    from tfx.components import Evaluator  # noqa: F401 - TFMA is whole only after TFX
    from tensorflow_model_analysis.metrics import metric_specs  # isort: skip

    from pipeline.config.sections import EvaluationSection
    from pipeline.data.inspection import Label
    from pipeline.evaluation import eval_config

    label = Label("y", task, ("a", "b") if task == "classification" else ())
    config = eval_config(label, metric, EvaluationSection(threshold=0.5, slices=["day"]))
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(config.metrics_specs, config)
    judged = {key.name: list(found) for key, found in thresholds.items() if found}
    assert judged.keys() == {metric}
    # One value threshold, one change threshold.
    assert all(spec is not None and not spec.feature_keys for spec, _ in judged[metric])
