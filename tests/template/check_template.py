"""TFX's taxi template with our components, run for real: `make template-test`.

No part of the ordinary suite (pytest does not collect files of this name), because it runs a whole pipeline several times.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_serving.apis import prediction_log_pb2

from tests.conftest import ROOT
from tests.template import documented

LIMIT_S = 3600
STEPS = (
    "CsvExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "Transform",
    "Tuner",
    "Trainer",
    "latest_blessed_model_resolver",
    "Evaluator",
    "Pusher",
)


def run(template: Path, *command: str) -> str:
    """Runs Python in the folder of the template; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=template,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def newest(template: Path, component: str, key: str) -> Path:
    """The last output of a component."""
    found = (template / "tfx_pipeline_output/taxi" / component / key).glob("[0-9]*")
    return max(found, key=lambda folder: int(folder.name))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """The template after a run of it."""
    folder = documented.make(tmp_path_factory.mktemp("template"))
    start = time.perf_counter()
    printed = run(folder, "local_runner.py")
    seconds = time.perf_counter() - start
    for step in STEPS:
        assert f"Component {step} is finished." in printed
    lines = documented.changed_lines(folder)
    blessed = (newest(folder, "Evaluator", "blessing") / "BLESSED").exists()
    print(f"\nlines changed: {lines}; {seconds:.0f} s; {'blessed' if blessed else 'not blessed'}")
    for name in ("everything.py", "functions.py"):
        shutil.copy(Path(__file__).with_name(name), folder)
    return folder


def test_the_model_is_blessed_for_what_the_trainer_measured_and_pushed(template):
    """TFMA measures the served model through the signatures that the template names."""
    record = json.loads(
        (newest(template, "Trainer", "training_record") / "record.json").read_text(encoding="utf-8")
    )
    result = tfma.load_eval_result(str(newest(template, "Evaluator", "evaluation")))
    ((_, metrics),) = result.slicing_metrics
    measured = metrics[""][""]["binary_accuracy"]["doubleValue"]
    best = int(np.argmin(record["history"]["val_loss"]))
    assert measured == pytest.approx(record["history"]["val_accuracy"][best], abs=1e-6)
    assert measured > 0.6
    assert (newest(template, "Evaluator", "blessing") / "BLESSED").exists()
    (version,) = (template / "tfx_pipeline_output/taxi/serving_model").iterdir()
    assert (version / "saved_model.pb").exists()


def test_the_search_varied_the_peak(template):
    study = json.loads((newest(template, "Tuner", "study") / "study.json").read_text(encoding="utf-8"))
    assert sorted(trial["values"]["learning_rate.peak"] for trial in study["trials"]) == [0.001, 0.01]
    record = json.loads(
        (newest(template, "Trainer", "training_record") / "record.json").read_text(encoding="utf-8")
    )
    best = next(trial for trial in study["trials"] if trial["number"] == study["best"])
    assert record["training"]["learning_rate"]["peak"] == best["values"]["learning_rate.peak"]
    assert record["training"]["epochs"] == 4  # 1,000 steps of 40 rows, as the template says


def test_warm_start_condition_and_bulk_inferrer_on_beam(template):
    run(template, "everything.py", "beam")
    warm = json.loads(
        (newest(template, "WarmTrainer", "training_record") / "record.json").read_text(encoding="utf-8")
    )
    base = json.loads(
        (newest(template, "Trainer", "training_record") / "record.json").read_text(encoding="utf-8")
    )
    # After steps too small to change anything, the metric is that of the base model's best epoch.
    assert warm["base_model"]
    assert warm["history"]["val_loss"][0] == pytest.approx(min(base["history"]["val_loss"]), rel=1e-3)
    files = newest(template, "BulkInferrer", "inference_result").rglob("*.gz")
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(sorted(map(str, files)), "GZIP").as_numpy_iterator()
    ]
    answers = [log.predict_log.response.outputs["logistic"].float_val[0] for log in logs]
    assert len(answers) > 4000
    assert all(0 <= answer <= 1 for answer in answers)


def test_hyperparameters_pass_between_tfx_and_ours(template):
    run(template, "everything.py", "tfx")
    file = newest(template, "TfxTrainer", "model") / "Format-Serving/hyperparameters.json"
    ours = json.loads(
        (newest(template, "Trainer", "training_record") / "record.json").read_text(encoding="utf-8")
    )
    peak = ours["training"]["learning_rate"]["peak"]
    assert json.loads(file.read_text(encoding="utf-8"))["learning_rate.peak"] == peak
    after = newest(template, "AfterTfxTuner", "training_record") / "record.json"
    assert json.loads(after.read_text(encoding="utf-8"))["training"]["learning_rate"]["peak"] == 0.002


def test_it_compiles_with_infra_validator_and_for_kubeflow(template):
    printed = run(template, "everything.py", "compile")
    assert {"InfraValidator", *STEPS} <= set(printed.splitlines()[-1].split())
    assert "components.trainer.executor.Executor" in (template / "taxi.yaml").read_text(encoding="utf-8")
