"""Which evaluations are computed in columns."""

from tfx import components  # noqa: F401, I001 (TFMA needs it)
import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format

from components.evaluator.plan import Plan, plan

CONFIG = """
    model_specs { signature_name: "serve" label_key: "kind" prediction_key: "answer" }
    metrics_specs {
        metrics { class_name: "MeanAbsoluteError" config: '"name": "mae"' }
        metrics { class_name: "ExampleCount" }
    }
    slicing_specs {}
    slicing_specs { feature_keys: "day" }
    slicing_specs { feature_keys: "day" }
    slicing_specs { feature_keys: "word" }
"""

KNOWN = Plan(
    "serve",
    "answer",
    "kind",
    "label",
    "",
    {"mae": "MeanAbsoluteError", "example_count": "ExampleCount"},
    ("day", "word"),
    True,
)


def planned(change: str) -> Plan | None:
    """Plans `CONFIG` with a text that is merged into it."""
    config = text_format.Parse(CONFIG, tfma.EvalConfig())
    return plan(text_format.Merge(change, config), "label")


def test_what_is_known_is_planned():
    assert planned("") == KNOWN


def test_without_slices_all_examples_are_one():
    config = text_format.Parse(CONFIG, tfma.EvalConfig())
    del config.slicing_specs[:]
    found = plan(config, "label")
    assert found
    assert (found.columns, found.overall) == ((), True)
    config.slicing_specs.add(feature_keys=["day"])
    found = plan(config, "label")
    assert found
    assert (found.columns, found.overall) == (("day",), False)


def test_labels_may_come_from_a_signature():
    config = text_format.Parse(CONFIG, tfma.EvalConfig())
    config.model_specs[0].preprocessing_function_names.append("transform")
    found = plan(config, "label")
    assert found
    assert found.transform == "transform"


@pytest.mark.parametrize(
    "threshold",
    [
        "threshold { value_threshold { lower_bound { value: 1 } } }",
        "per_slice_thresholds { slicing_specs {} }",
    ],
)
def test_thresholds_are_known(threshold):
    change = (
        f'metrics_specs {{ metrics {{ class_name: "ExampleCount" config: \'"name": "n"\' {threshold} }} }}'
    )
    found = planned(change)
    assert found
    assert found.metrics["n"] == "ExampleCount"


@pytest.mark.parametrize(
    "change",
    [
        "options { compute_confidence_intervals { value: true } }",
        "cross_slicing_specs { baseline_spec {} }",
        'model_specs { name: "another" }',
        'metrics_specs { metrics { class_name: "AUC" config: \'"name": "auc"\' } }',
        'metrics_specs { metrics { class_name: "MeanAbsoluteError" config: \'"name": "m", "dtype": "float64"\' } }',
        'metrics_specs { metrics { class_name: "MeanAbsoluteError" } }',
        'metrics_specs { metrics { class_name: "ExampleCount" module: "another" } }',
        'metrics_specs { aggregate { micro_average: true } }',
        'metrics_specs { binarize { class_ids { values: 1 } } }',
        'metrics_specs { example_weights { weighted: true } }',
        'metrics_specs { output_names: "one" }',
        'slicing_specs { feature_keys: "day" feature_keys: "word" }',
        'slicing_specs { feature_values { key: "day" value: "1" } }',
        'slicing_specs { slice_keys_sql: "SELECT 1" }',
    ],
)  # fmt: skip
def test_what_only_tfma_computes_is_left_to_it(change):
    assert planned(change) is None


@pytest.mark.parametrize(
    "field",
    ['example_weight_key: "weight"', 'label_keys { key: "one" value: "two" }', 'model_type: "tf_generic"'],
)
def test_models_with_weights_or_several_outputs_are_left_to_tfma(field):
    config = text_format.Parse(CONFIG, tfma.EvalConfig())
    text_format.Merge(field, config.model_specs[0])
    assert plan(config, "label") is None


def test_labels_from_several_signatures_are_left_to_tfma():
    config = text_format.Parse(CONFIG, tfma.EvalConfig())
    config.model_specs[0].preprocessing_function_names.extend(["one", "two"])
    assert plan(config, "label") is None
