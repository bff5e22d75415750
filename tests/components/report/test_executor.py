"""A page that cannot be drawn as a whole."""

import json
from pathlib import Path

from tfx.types import standard_artifacts

from components.artifacts import REPORT_FILE, UNDRAWN, Report, TrainingRecord
from components.features import LabelFeature
from components.report.executor import Executor
from components.report.health import Known

EVALUATION = {
    "blessed": True, "metric": "accuracy", "reasons": ["accuracy is at least 0.9"], "baseline_version": None,
    "candidate": {"accuracy": 0.95}, "baseline": None, "constant": None, "examples": 60, "slices": [],
}  # fmt: skip


def test_what_cannot_be_drawn_is_named_and_the_rest_is_there(tmp_path):
    """All inputs but the evaluation are empty folders."""
    types = {
        "examples": standard_artifacts.Examples,
        "statistics": standard_artifacts.ExampleStatistics,
        "schema": standard_artifacts.Schema,
        "anomalies": standard_artifacts.ExampleAnomalies,
        "training_record": TrainingRecord,
        "model": standard_artifacts.Model,
        "baseline_model": standard_artifacts.Model,
        "evaluation": standard_artifacts.ModelEvaluation,
        "pushed_model": standard_artifacts.PushedModel,
    }
    inputs = {}
    for key, kind in types.items():
        inputs[key] = [kind()]
        inputs[key][0].uri = str(tmp_path / key)
        (tmp_path / key).mkdir()
    (tmp_path / "evaluation/metrics.json").write_text(json.dumps(EVALUATION), encoding="utf-8")
    inputs["pushed_model"][0].set_string_custom_property("pushed_destination", "/serving/1")
    report = Report()
    report.uri = str(tmp_path / "report")
    properties = {
        "config": json.dumps({"name": "mine"}),
        "label": LabelFeature("target", "classification", (0, 1)).to_json(),
        "test_split": "test",
        "known": Known().to_json(),
    }
    Executor().Do(inputs, {"report": [report]}, properties)

    lines = report.get_string_custom_property(UNDRAWN).splitlines()
    missing = ["Configuration", "Data", "Data", "Training", "Evaluation", "Lineage", "Use the model"]
    assert [line.partition(":")[0] for line in lines] == missing
    page = Path(report.uri, REPORT_FILE).read_text(encoding="utf-8")
    assert "The model is blessed and in production." in page
    assert page.count("A part is missing: ") == len(missing)
