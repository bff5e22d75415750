"""The default example, from raw data to a served model."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

from components.model_store import serving
from pipeline.__main__ import main
from tests.conftest import ROOT, Finished

pytestmark = pytest.mark.slow

COMPONENTS = [
    "Baseline",
    "Evaluator",
    "ExampleGen",
    "ExampleValidator",
    "Pusher",
    "Report",
    "SchemaGen",
    "StatisticsGen",
    "Trainer",
    "Transform",
    "Tuner",
]


def versions(run) -> list[Path]:
    return [
        run.workspace / "serving" / str(version) for version in serving.versions(run.workspace / "serving")
    ]


def last_run(run) -> dict:
    """The row of the newest run in `runs`."""
    result = CliRunner().invoke(main, ["runs", "--json", "--workspace", str(run.workspace)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)[-1]


def first(run, pattern: str) -> Path:
    """The first run's artifact among those that match; `*` stands for the number of the execution."""
    return min((run.workspace / "artifacts/digits").glob(pattern), key=lambda path: int(path.parent.name))


@pytest.fixture(scope="module")
def first_version(digits_run) -> Path:
    return versions(digits_run)[0]


@pytest.fixture(scope="module")
def test_split(digits_run) -> list[bytes]:
    """Serialised examples that neither the training nor the search has seen."""
    files = sorted((digits_run.workspace / "artifacts").glob("digits/ExampleGen/examples/*/Split-test/*.gz"))
    return [record.numpy() for record in tf.data.TFRecordDataset(files, "GZIP")]


def test_console_shows_every_component_and_the_outcome(digits_run):
    text = digits_run.finished.stdout
    assert digits_run.finished.states == dict.fromkeys(COMPONENTS, "done")
    assert re.search(r"^trial +val_loss +epochs +family +peak +factor +patience", text, re.MULTILINE)
    assert re.search(r"^Schedule +\w+: peak ", text, re.MULTILINE)
    assert re.search(
        r"epoch \d+: val_loss not below [\d.e-]+ for \d+ epochs; rate × 0\.\d+ \(action 1 of 2\)", text
    )
    assert re.search(
        r"^Test accuracy +0\.9\d+ \(95 % interval 0\.9\d\d to \d\.\d+\) *\n +balanced_accuracy 0\.9",
        text,
        re.MULTILINE,
    )
    assert "accuracy is at least 0.9000" in text
    assert "Traceback" not in text
    assert digits_run.finished.stderr == ""


def test_console_says_where_the_model_lies(digits_run, first_version):
    assert str(first_version) in digits_run.finished.stdout
    assert (first_version / "saved_model.pb").is_file()


def test_logs_of_the_components_are_in_files(digits_run):
    logs = {path.stem for path in (digits_run.workspace / "logs").iterdir()}
    assert logs == {*COMPONENTS, "run"}


def test_every_trial_is_in_the_study(digits_run):
    study = first(digits_run, "Tuner/study/*/study.json")
    trials = json.loads(study.read_text())["trials"]
    assert [trial["number"] for trial in trials] == list(range(1, 9))
    assert {trial["values"]["learning_rate.family"] for trial in trials} <= {
        "constant",
        "one_cycle",
        "exponential",
    }
    assert {"learning_rate.peak", "plateau.factor", "plateau.patience"} <= trials[0]["values"].keys()
    for trial in trials:
        # A diverged epoch has no number.
        (execution,) = trial["executions"]
        losses = execution["history"]["val_loss"]
        assert trial["score"] == min(value for value in losses if value is not None)


def test_trainer_uses_the_best_trial(digits_run):
    study = first(digits_run, "Tuner/study/*/study.json")
    record = first(digits_run, "Trainer/training_record/*/record.json")
    study, record = json.loads(study.read_text()), json.loads(record.read_text())
    best = study["trials"][study["best"] - 1]
    assert best["score"] == min(trial["score"] for trial in study["trials"])
    # Same data, same seed, same machine: the training repeats the trial.
    assert record["training"] == best["training"]
    (execution,) = best["executions"]
    assert record["history"]["val_loss"] == execution["history"]["val_loss"]
    assert record["decisions"] == execution["decisions"]


def test_learning_rate_is_cut_where_the_decisions_say(digits_run):
    record = first(digits_run, "Trainer/training_record/*/record.json")
    record = json.loads(record.read_text())
    cuts = [decision for decision in record["decisions"] if decision["kind"] == "decay"]
    assert cuts
    for cut in cuts:
        assert cut["new_rate"] == pytest.approx(cut["old_rate"] * record["training"]["plateau"]["factor"])
    log = first(digits_run, "Trainer/training_record/*/decisions.jsonl")
    assert [json.loads(line) for line in log.read_text().splitlines()] == record["decisions"]


def labels(serialised: list[bytes]) -> np.ndarray:
    return np.array(
        [tf.train.Example.FromString(s).features.feature["digit"].int64_list.value[0] for s in serialised]
    )


def without_label(serialised: list[bytes]) -> list[bytes]:
    stripped = []
    for record in serialised:
        example = tf.train.Example.FromString(record)
        del example.features.feature["digit"]
        stripped.append(example.SerializeToString())
    return stripped


def with_sorted_features(serialised: bytes) -> bytes:
    return tf.train.Example.FromString(serialised).SerializeToString(deterministic=True)


def test_model_answers_in_tf2(first_version, test_split):
    model = tf.saved_model.load(str(first_version))
    answer = model.signatures["serving_default"](examples=tf.constant(without_label(test_split)))
    probabilities = answer["probabilities"].numpy()
    assert probabilities.shape == (len(test_split), 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(answer["prediction"].numpy(), probabilities.argmax(axis=1))
    assert np.mean(answer["prediction"].numpy() == labels(test_split)) > 0.95


def test_model_answers_the_same_in_a_tf1_session(first_version, test_split):
    new = tf.saved_model.load(str(first_version)).signatures["serving_default"](
        examples=tf.constant(test_split)
    )
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(first_version))
        signature = graph.signature_def["serving_default"]
        old = session.run(
            {name: tensor.name for name, tensor in signature.outputs.items()},
            {signature.inputs["examples"].name: test_split},
        )
    np.testing.assert_allclose(old["probabilities"], new["probabilities"], atol=1e-6)
    np.testing.assert_array_equal(old["prediction"], new["prediction"])


def test_bulk_inferrer_takes_the_model(digits_run, first_version, test_split, tmp_path):
    from tensorflow_serving.apis import prediction_log_pb2
    from tfx.components.bulk_inferrer.executor import Executor
    from tfx.proto import bulk_inferrer_pb2
    from tfx.types import standard_artifacts
    from tfx.utils import proto_utils

    examples, model, result = (
        standard_artifacts.Examples(),
        standard_artifacts.Model(),
        standard_artifacts.InferenceResult(),
    )
    examples.uri = str(next((digits_run.workspace / "artifacts").glob("digits/ExampleGen/examples/*")))
    examples.split_names = json.dumps(["test"])
    model.uri = str(first(digits_run, "Trainer/model/*/Format-Serving").parent)
    result.uri = str(tmp_path)
    Executor(Executor.Context(beam_pipeline_args=["--runner=FnApiRunner"], tmp_dir=str(tmp_path / "tmp"))).Do(
        {"examples": [examples], "model": [model]},
        {"inference_result": [result]},
        {
            "data_spec": proto_utils.proto_to_json(bulk_inferrer_pb2.DataSpec(example_splits=["test"])),
            "model_spec": proto_utils.proto_to_json(
                bulk_inferrer_pb2.ModelSpec(model_signature_name=["serving_default"])
            ),
        },
    )
    new = tf.saved_model.load(str(first_version)).signatures["serving_default"](
        examples=tf.constant(test_split)
    )
    # BulkInferrer rewrites examples, with their features in any order.
    canonical = map(with_sorted_features, test_split)
    expected = dict(zip(canonical, new["probabilities"].numpy(), strict=True))
    logs = tf.data.TFRecordDataset([str(path) for path in tmp_path.glob("prediction_logs*.gz")], "GZIP")
    answers = [prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log for record in logs]
    assert len(answers) == len(test_split)
    for answer in answers:
        (example,) = answer.request.inputs["examples"].string_val
        got = tf.make_ndarray(answer.response.outputs["probabilities"])[0]
        np.testing.assert_allclose(got, expected[with_sorted_features(example)], atol=1e-6)


def results(finished: Finished) -> str:
    """What a run prints from the table of its trials on, up to the place of its report."""
    found = re.search(r"^trial +val_loss.*?(?=^Report )", finished.stdout, re.MULTILINE | re.DOTALL)
    assert found, finished.stdout
    return found[0]


def test_second_run_is_served_from_the_cache_and_shows_its_report(digits_run, tmp_path, monkeypatch):
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    before = versions(digits_run)
    finished = digits_run.rerun(tmp_path, "--open-report")
    report = max((digits_run.workspace / "reports").iterdir())
    assert (tmp_path / "opened").read_text().strip() == report.as_uri()
    assert f"Report  {report}" in re.sub(" {2,}", "  ", finished.stdout)
    assert finished.states == dict.fromkeys(COMPONENTS, "cached")
    assert results(finished) == results(digits_run.finished)
    assert versions(digits_run) == before


def test_worse_schedule_reruns_from_the_tuner_on_and_is_not_pushed(digits_run, tmp_path):
    before = versions(digits_run)
    crippled = {"family": "constant", "peak": 1e-6}
    finished = digits_run.rerun(
        tmp_path,
        training={"learning_rate": crippled, "epochs": 2},
        search={"trials": 2, "space": {"learning_rate": {"peak": {"low": 1e-7, "high": 1e-6}}}},
        evaluation={"threshold": 0.01},
    )
    assert finished.code == 0
    ran = {name for name, state in finished.states.items() if state == "done"}
    assert ran == {"Tuner", "Trainer", "Baseline", "Evaluator", "Pusher", "Report"}
    assert re.search(
        rf"Not blessed +accuracy 0\.\d+ is worse than the 0\.9\d+ of version {before[-1].name} "
        r"\(worse by 0\.\d+, 95 % interval of the gain -0\.\d+ to -0\.\d+\); nothing was pushed",
        finished.stdout,
    )
    assert f"version {before[-1].name} stays in production" in finished.stdout
    report = max((digits_run.workspace / "reports").iterdir()).read_text()
    assert "The model is not blessed; nothing was pushed." in report
    assert f"Drift: no column differs by more than 0.1 from the data that version {before[-1].name}" in report
    assert versions(digits_run) == before


def test_model_below_the_threshold_is_not_pushed_even_without_a_rival(tmp_path, digits_run):
    before = versions(digits_run)
    finished = digits_run.rerun(tmp_path, evaluation={"threshold": 0.9999})
    assert finished.states["Trainer"] == "cached"
    assert re.search(
        r"Not blessed +accuracy 0\.\d+ is not at least 0\.9999; nothing was pushed", finished.stdout
    )
    assert versions(digits_run) == before


def test_local_orchestrator_and_no_tune(digits_run, tmp_path):
    finished = digits_run.rerun(tmp_path, "--orchestrator", "local", "--no-tune", training={"epochs": 2})
    assert finished.code == 0
    assert "Tuner" not in finished.states
    assert finished.states["Trainer"] == "done"
    assert not re.search(r"^trial +val_loss", finished.stdout, re.MULTILINE)


def test_failing_component_prints_its_own_error_and_its_log(digits_run, tmp_path):
    finished = digits_run.rerun(
        tmp_path,
        "--no-tune",
        model={"build": "tests.end_to_end.broken.build_model", "hyperparameters": {}},
        beam=["--direct_running_mode=multi_processing"],
    )
    assert finished.code == 1
    assert finished.states["Trainer"] == "failed"
    for component in ("ExampleGen", "StatisticsGen", "Transform"):
        assert finished.states[component] == "cached", "wherever Beam runs, the results are the same"
    assert "Evaluator" not in finished.states
    *_, error, log = finished.stdout.splitlines()
    # TensorFlow has the threads of the configuration.
    reason = "ZeroDivisionError: nothing to build a model of, threads: 1"
    assert re.fullmatch(
        rf"Trainer failed: {reason} \(tests/end_to_end/broken.py, line \d+, in build_model\)", error
    )
    assert log == f"Log: {digits_run.workspace}/logs/Trainer.log"
    assert "ZeroDivisionError: nothing to build a model of" in Path(log.removeprefix("Log: ")).read_text(
        encoding="utf-8"
    )
    assert "Traceback" not in finished.stdout + finished.stderr
    remembered = last_run(digits_run)
    assert remembered["state"] == "failed"
    assert remembered["error"] == error.replace(" failed:", ":")


def test_interrupt_keeps_what_is_done(digits_run, tmp_path):
    config = digits_run.configuration(
        tmp_path, search=None, training={"epochs": 100_000, "plateau": {"patience": 100_000}}
    )
    arguments = [sys.executable, "local_runner.py", "--config", config, "--workspace", digits_run.workspace]
    process = subprocess.Popen(
        arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # A shell starts background jobs with interrupts ignored, and child processes inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    runs = digits_run.workspace / "artifacts/digits/Trainer/model_run"
    before = set(runs.glob("*/train"))
    deadline = time.monotonic() + 900
    while set(runs.glob("*/train")) == before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.5)
    assert last_run(digits_run)["state"] == "running"
    # C code that clears exceptions can swallow an interrupt; a user would press the keys again.
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (
        stdout.splitlines()[-1]
        == "Interrupted. Finished work is kept; run the same command again to continue."
    )
    assert last_run(digits_run)["state"] == "interrupted"


def test_readme_script_reads_the_model(digits_run):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (script,) = [block for block in blocks if "workspace/serving" in block]
    assert len(script.strip().splitlines()) <= 10
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=digits_run.workspace.parent,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    assert float(re.search(r"0\.\d+", process.stdout).group()) > 0.95
