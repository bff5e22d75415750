"""`rs.tune`: searches of a script, with real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import reactive_schedules as rs
from tests.conftest import ROOT
from tests.reactive_schedules.search.script import problem
from tests.reactive_schedules.search.script.problem import SPEC, TRAIN, VALIDATION, search

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_children")]


def as_trained(record) -> dict:
    record = json.loads(json.dumps(record))
    for part in (record["cost"], *record["trials"]):
        part.pop("seconds")
        part.pop("attempts", None)
    return record


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def study(folder):
    return search(folder, 3)


def test_the_first_trial_is_what_fit_gives(study):
    import keras

    spec = rs.TrainingSpec.parse(SPEC)
    keras.utils.set_random_seed(spec.seed)
    model = problem.build_model({"width": 4})
    result = rs.fit(model, TRAIN, VALIDATION, spec, loss="binary_crossentropy", metrics=["accuracy"])
    (execution,) = study.record["trials"][0]["executions"]
    np.testing.assert_allclose(execution["history"]["val_loss"], result.history["val_loss"], rtol=1e-4)
    assert execution["history"]["learning_rate"] == result.history["learning_rate"]
    assert study.trials[0].spec == spec


def test_the_best_trial_comes_with_its_spec_and_its_trained_model(study):
    best = study.best
    assert best.score == min(trial.score for trial in study.trials)
    assert best.spec.learning_rate.peak == best.values["learning_rate.peak"]
    assert best.hyperparameters == {"width": best.values["model.width"]}
    model = study.model()
    model.compile(loss="binary_crossentropy")
    assert model.evaluate(*VALIDATION, verbose=0) == pytest.approx(best.score, rel=1e-5)
    other = next(trial for trial in study.trials if trial.number != best.number)
    model = study.model(other.number)
    model.compile(loss="binary_crossentropy")
    assert model.evaluate(*VALIDATION, verbose=0) == pytest.approx(other.score, rel=1e-5)
    with pytest.raises(ValueError, match="number: there is no trial 9 with a score; choose one of 1, 2, 3"):
        study.model(9)


def test_the_table_has_a_row_for_each_trial(study):
    rows = study.table()
    names = ["number", "score", "state", "epochs", "seconds", "learning_rate.peak", "model.width"]
    assert [list(row) for row in rows] == [names] * 3
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert (rows[0]["learning_rate.peak"], rows[0]["model.width"]) == (0.01, 4)


def test_the_study_is_a_page_and_a_file(study, folder, tmp_path):
    text = study.page(tmp_path / "study.html").read_text(encoding="utf-8")
    assert f"trial {study.best.number}" in text.lower()
    assert json.loads((folder / "study.json").read_bytes()) == study.record
    assert (
        repr(study)
        == f"<Study of 3 trials, best val_loss {study.best.score:.4g} (trial {study.best.number})>"
    )


def test_a_finished_search_returns_at_once_and_goes_on_with_more_trials(study, folder, tmp_path, capsys):
    ends = {log.name: log.stat().st_mtime_ns for log in (folder / "journal/logs").iterdir()}
    assert search(folder, 3, verbose=1).record == study.record
    assert capsys.readouterr().err == "going on after 3 of 3 trials\n"
    grown = search(folder, 5)
    assert [trial.score for trial in grown.trials[:3]] == [trial.score for trial in study.trials]
    assert {
        log.name: log.stat().st_mtime_ns for log in (folder / "journal/logs").iterdir()
    }.items() > ends.items()
    at_once = search(tmp_path / "at once", 5, processes=2)
    assert as_trained(at_once.record) == as_trained(grown.record)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"spec": {**SPEC, "epochs": 8}}, "spec"),
        ({"space": {"model": {"width": [4, 8]}}}, "space"),
        ({"algorithm": "tpe"}, "algorithm"),
        ({"seed": 1}, "seed"),
        ({"train": (TRAIN[0], 1 - TRAIN[1])}, "train"),
        ({"validation": TRAIN}, "validation"),
        ({"build_model": lambda hyperparameters: problem.build_model(hyperparameters)}, "build_model"),
        ({"fit": {"loss": "mse"}}, "fit"),
        ({"hyperparameters": {"width": 16}}, "hyperparameters"),
        ({"executions_per_trial": 2}, "executions_per_trial"),
    ],
)
def test_a_folder_with_another_search_is_refused(study, folder, changes, name):
    with pytest.raises(ValueError, match="directory: ") as refused:
        search(folder, 3, **changes)
    assert str(refused.value) == (
        f"directory: {str(folder)!r} holds a search with another {name}; give another directory, or delete it"
    )


DATASET = tf.data.Dataset.from_tensor_slices(TRAIN)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, r"trials: must be an integer in \[1, 10000\]; got 0"),
        ({"trails": 3}, "trails: unknown key; did you mean trials"),
        ({"algorithm": "rando"}, "algorithm: must be one of 'bayesian', 'grid', "),
        ({"algorithm": "halving", "min_epochs": 10}, "min_epochs: must be at most the 9 epochs of a trial; got 10"),
        ({"space": {"learning_rate": {"peek": [1, 2]}}}, "space.learning_rate.peek"),
        ({"spec": {**SPEC, "epochs": 0}}, "epochs: "),
        ({"fit": {"los": "mse"}}, "fit: 'los' is not an argument of all trials; choose from loss, metrics, "),
        ({"processes": 0}, "processes: must be at least 1; got 0"),
        ({"objective": "val_accuracy", "direction": "min"}, "direction: min contradicts val_accuracy, of which larger values"),
        ({"direction": "min"}, "direction: requires an objective"),
        ({"store": "file:///tmp/store"}, "store: requires a cluster; give cluster, too, or leave it out"),
        ({"tls": {"ca_file": "a", "cert_file": "b", "key_file": "c"}}, "tls: requires a cluster; give cluster, too"),
        ({"cluster": "tls://host:1", "store": "bucket"}, "store: 'bucket' is not a URI such as s3://bucket/prefix"),
        ({"folds": 1}, "folds: must be 0, for none, or at least 2"),
        ({"executions_per_trial": 0}, r"executions_per_trial: must be an integer in \[1, 1000\]; got 0"),
        ({"validation": None}, "objective: val_loss needs validation examples; pass validation"),
        ({"train": DATASET}, "train: .*Dataset cannot be sent to another process .*; give a function without arguments"),
        ({"train": lambda: TRAIN, "spec": {**SPEC, "epochs": "900st"}}, "spec.epochs: give a number of epochs"),
    ],
)  # fmt: skip
def test_mistakes_are_refused_before_anything_is_trained(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        search(tmp_path / "study", **{"trials": 2, **changes})
    assert not (tmp_path / "study/journal").exists()


def test_finalists_are_confirmed_against_the_spec_as_written(study, folder, capsys):
    confirmed = search(folder, 3, folds=2, verbose=1)
    said = capsys.readouterr().err.splitlines()
    assert confirmed.record["trials"] == study.record["trials"]
    if study.best.number == 1:
        assert confirmed.record["confirmation"] is None
        assert "no trial is better" in said[-1]
        return
    found = confirmed.record["confirmation"]
    assert (found["folds"], found["divides"], found["configured"]) == (2, False, 1)
    written, best, *_ = found["finalists"]
    assert (written["number"], best["number"]) == (1, study.best.number)
    assert confirmed.best.number == (best["number"] if best["gain"] > best["error"] else 1)
    assert said[-1].replace("\n", " ") == confirmed.record["choice"]
    assert any(line.startswith("trial 1, confirmation 2: val_loss ") for line in said)
    assert search(folder, 3).best.number == study.best.number


def test_a_cluster_that_does_not_answer_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match="cluster: Dask runs what anyone sends to tcp://example.org:8786; start"
    ):
        search(tmp_path, 1, cluster="tcp://example.org:8786")
    with pytest.raises(
        ValueError, match="cluster: .*none.json: No such file or directory; give tls://host:port"
    ):
        search(tmp_path, 1, cluster=str(tmp_path / "none.json"))


def test_two_searches_in_one_folder_are_refused(tmp_path):
    import fcntl

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="directory: another search is running in"):
            search(tmp_path, 1)


def test_failed_trials_are_recorded_and_all_of_them_raise(tmp_path):
    """With datasets from functions, several executions, and a model without hyperparameters of its own."""
    study = search(
        tmp_path / "some",
        4,
        algorithm="grid",
        space={"model": {"width": [4, -1]}},
        train=lambda: tf.data.Dataset.from_tensor_slices(TRAIN),
        spec={**SPEC, "epochs": 2},
        executions_per_trial=2,
    )
    assert [trial.state for trial in study.trials] == ["completed", "failed"]
    assert study.trials[1].error.startswith("ValueError: width: must not be negative (")
    assert [len(trial["executions"]) for trial in study.record["trials"]] == [2, 0]
    with pytest.raises(
        RuntimeError, match=r"All 1 trials failed \(1 x ValueError: width: must not be neg.*see .*logs"
    ):
        search(
            tmp_path / "all", 1, hyperparameters={"width": -1}, space={"optimizer": {"momentum": [0.5, 0.9]}}
        )
    assert search(tmp_path / "all", 1, spec={**SPEC, "epochs": 1}).best.number == 1


def test_a_killed_script_goes_on_to_the_same_study(tmp_path):
    """A script whose functions other processes cannot import, killed in the middle of a rung."""
    script = tmp_path / "my_search.py"
    script.write_text(Path(problem.__file__).read_text(encoding="utf-8"), encoding="utf-8")

    def start(folder: str) -> subprocess.Popen:
        command = [sys.executable, script, tmp_path / folder, "5", "halving"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)

    killed = start("killed")
    deadline = time.monotonic() + 300
    while not [*(tmp_path / "killed").glob("journal/trial-0003*/rung-0.json")]:
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    process = start("killed")
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert "going on after" in said
    found = json.loads((tmp_path / "killed/study.json").read_bytes())
    left_alone = search(tmp_path / "left alone", 5, algorithm="halving")
    assert as_trained(found) == as_trained(left_alone.record)
    assert [rung["epochs"] for rung in found["rungs"]] == [1, 3, 9]


def without_an_input(hyperparameters):
    import keras

    return keras.Sequential(
        [keras.layers.Dense(int(hyperparameters["width"])), keras.layers.Dense(1, "sigmoid")]
    )


def test_a_model_without_an_input_comes_with_its_weights(tmp_path):
    found = search(tmp_path, 1, build_model=without_an_input, space={"model": {"width": [2, 4]}})
    model = found.model()
    model.compile(loss="binary_crossentropy")
    assert model.evaluate(*VALIDATION, verbose=0) == pytest.approx(found.best.score, rel=1e-4)


def test_numbers_may_be_numpys(tmp_path):
    space = {
        "learning_rate": {"peak": list(np.geomspace(0.001, 0.1, 3))},
        "plateau": {"min_delta": {"low": np.float32(0), "high": np.float32(0.5)}},
        "model": {"width": [np.int64(4), np.int64(8)]},
        "batch_size": {"low": np.int64(16), "high": np.int64(32)},
    }
    numbers = {
        "seed": np.int64(1),
        "epochs": np.int64(2),
        "executions_per_trial": np.int64(1),
        "folds": np.int64(0),
    }
    found = search(tmp_path, 2, space=space, hyperparameters={"width": np.int64(8)}, **numbers)
    assert json.loads((tmp_path / "study.json").read_text(encoding="utf-8")) == found.record
    assert found.trials[0].spec == rs.TrainingSpec.parse(SPEC)
    assert found.trials[0].hyperparameters == {"width": 8}
    assert {type(value) for value in found.trials[1].values.values()} == {int, float}


def test_an_objective_of_several_values_is_named(tmp_path):
    import keras

    fit = {"loss": "binary_crossentropy", "metrics": [keras.metrics.F1Score()]}
    train, validation = ((x, y[:, None]) for x, y in (TRAIN, VALIDATION))
    message = "ValueError: objective: 'val_f1_score' has several values; choose a metric with a single value"
    with pytest.raises(RuntimeError, match=message):
        search(tmp_path, 1, train=train, validation=validation, objective="val_f1_score", fit=fit)
