"""The Tuner's executor on the artifacts of a real Transform."""

import json
import logging
import math
import random
import re
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.errors import UserError
from components.learning.best_hyperparameters import read_best
from reactive_schedules.search import space
from tests.components import transformed

pytestmark = pytest.mark.slow

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.05},
    "batch_size": 64,
    "epochs": 2,
    "plateau": {"monitor": "val_loss", "patience": 1, "max_actions": 0},
}


@pytest.fixture(scope="module")
def search(digits_run, tmp_path_factory):
    """Runs a search; returns the output artifacts' folders by key."""

    def run(
        searched: dict,
        model: str = "fragile",
        training: dict = TRAINING,
        folder: Path | None = None,
        processes: int = 1,
        **options,
    ) -> dict[str, Path]:
        run.folder = folder or tmp_path_factory.mktemp("search")
        return transformed.tune(
            run.folder,
            transformed.inputs(digits_run.workspace),
            {"space": searched, **options},
            training,
            f"tests.components.user_models.{model}",
            processes,
        )

    return run


def read(folder: Path, name: str):
    return json.loads((folder / name).read_text())


def test_failed_trial_is_reported_and_the_search_continues(search):
    folders = search({"model": {"width": [16, 13, 8]}}, trials=3)
    study = read(folders["study"], "study.json")
    failed = [trial for trial in study["trials"] if trial["error"]]
    assert [trial["values"]["model.width"] for trial in failed] == [13]
    place = "tests/components/user_models.py, line 12, in fragile"
    assert failed[0]["error"] == f"ValueError: 13 brings bad luck ({place})"
    assert failed[0]["score"] is None
    assert len(study["trials"]) == 3
    results = read(folders["tuner_results"], "tuner_results.json")
    assert {record["model.width"] for record in results} == {8, 16}
    assert [record["score"] for record in results] == sorted(record["score"] for record in results)


def test_diverging_trial_is_never_the_best(search):
    folders = search({"learning_rate": {"peak": [0.05, 1e8]}, "plateau": {"on_nan": ["stop"]}}, trials=2)
    study = read(folders["study"], "study.json")
    scores = {trial["values"]["learning_rate.peak"]: trial["score"] for trial in study["trials"]}
    assert study["trials"][study["best"] - 1]["values"]["learning_rate.peak"] == 0.05
    assert math.isfinite(scores[0.05])


def test_without_a_plateau_the_last_epoch_counts(search):
    folders = search({"learning_rate": {"peak": [0.05]}}, training={**TRAINING, "plateau": None}, trials=1)
    (trial,) = read(folders["study"], "study.json")["trials"]
    assert trial["error"] is None
    assert trial["score"] == trial["executions"][0]["history"]["val_loss"][-1]


def test_if_all_trials_fail_the_error_says_why_and_the_study_is_kept(search):
    with pytest.raises(
        RuntimeError,
        match=r"All 2 trials failed \(2 x MemoryError: no room for 16 units \(.*\)\); see .*html",
    ):
        search({"plateau": {"patience": [1, 2]}}, model="hopeless", trials=2)
    kept = search.folder / "Tuner" / "failed"
    assert len(read(kept, "study.json")["trials"]) == 2
    assert (kept / "study.html").exists()
    # The remedy may be outside the search, so the next run starts from scratch.
    assert list((search.folder / "Tuner" / "checkpoints").iterdir()) == []


def test_first_trial_is_the_configuration_as_written(search):
    folders = search({"learning_rate": {"peak": {"low": 0.001, "high": 0.5, "log": True}}}, trials=2)
    first = read(folders["study"], "study.json")["trials"][0]
    assert first["values"] == {"learning_rate.peak": 0.05}


def test_same_seed_same_search(search):
    searched = {"learning_rate": {"family": ["constant", "one_cycle"], "peak": {"low": 0.01, "high": 0.2}}}
    first = read(search(searched, trials=3)["study"], "study.json")["trials"]
    random.seed()  # what KerasTuner falls back on
    second = read(search(searched, trials=3)["study"], "study.json")["trials"]
    for one, other in zip(first, second, strict=True):
        assert (one["values"], one["score"]) == (other["values"], other["score"])


def test_trial_may_be_shorter_than_the_training_but_keeps_its_horizon(search):
    folders = search({"learning_rate": {"family": ["one_cycle"]}}, trials=1, epochs=1)
    (trial,) = read(folders["study"], "study.json")["trials"]
    assert len(trial["executions"][0]["history"]["loss"]) == 1
    assert trial["training"]["epochs"] == 2
    # Halfway through its only cycle, the rate is still high.
    assert trial["executions"][0]["history"]["learning_rate"][0] > 0.02


def test_best_hyperparameters_are_one_file_that_the_trainer_reads(search):
    folders = search({"model": {"width": [8]}, "plateau": {"patience": [2]}}, trials=1)
    assert len(list(folders["best_hyperparameters"].iterdir())) == 1
    artifact = standard_artifacts.HyperParameters()
    artifact.uri = str(folders["best_hyperparameters"])
    spec, model = space.from_hyperparameters(TRAINING, {"width": 16}, read_best([artifact]))
    assert (spec.plateau.patience, model) == (2, {"width": 8})


def test_hyperband_ends_with_the_results_of_all_rungs(search):
    peak = {"low": 0.001, "high": 0.5, "log": True}
    searched = {"learning_rate": {"peak": peak}}
    folders = search(searched, algorithm="hyperband", factor=2, training={**TRAINING, "plateau": None})
    study = read(folders["study"], "study.json")
    assert [rung["epochs"] for rung in study["rungs"]] == [1, 2]
    first, last = study["rungs"]
    assert set(first["promoted"]) <= set(first["trials"]) & set(last["trials"])
    for trial in study["trials"]:
        assert trial["state"] == ("completed" if trial["number"] in last["trials"] else "stopped")
        assert trial["epochs"] == len(trial["executions"][0]["history"]["loss"])
    for name in ("epochs", "updates", "seconds"):
        assert study["cost"][name] == sum(trial[name] for trial in study["trials"])
    assert sum(ask["epochs"] for ask in study["asks"]) == study["cost"]["epochs"]
    assert len(study["asks"]) == len(first["trials"]) + len(last["trials"])
    assert study["cost"]["updates"] == study["cost"]["epochs"] * math.ceil(1240 / 64)
    results = read(folders["tuner_results"], "tuner_results.json")
    assert results[0].keys() == {"trial_id", "score", "objective", "direction", "learning_rate.peak"}
    assert (results[0]["objective"], results[0]["direction"]) == ("val_loss", "min")
    assert len(results) == len(study["trials"])
    assert (folders["study"] / "study.html").stat().st_size > 10_000


def test_score_is_the_mean_over_executions_of_any_metric(search):
    options = {"executions_per_trial": 2, "objective": "val_accuracy", "second_objective": "updates"}
    study = read(search({"model": {"width": [8, 16]}}, trials=2, **options)["study"], "study.json")
    assert study["objective"] == {"name": "val_accuracy", "direction": "max"}
    assert study["second_objective"] == "updates"
    for trial in study["trials"]:
        first, second = trial["executions"]
        assert second["seed"] == first["seed"] + 1
        assert first["history"]["loss"] != second["history"]["loss"]
        for execution in trial["executions"]:
            assert execution["score"] == execution["history"]["val_accuracy"][execution["best_epoch"]]
        assert trial["score"] == pytest.approx((first["score"] + second["score"]) / 2)
    assert study["best"] == max(study["trials"], key=lambda trial: trial["score"])["number"]


class Interrupt(logging.Handler):
    """Presses Ctrl-C as soon as the console says something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage():
            raise KeyboardInterrupt


def test_interrupted_search_continues_with_its_results(search, caplog, tmp_path):
    searched = {"model": {"width": [8, 13]}}
    caplog.set_level("INFO", logger="progress")
    handler = Interrupt("1 of 2 trials, best")
    logging.getLogger("progress").addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            search(searched, trials=2, folder=tmp_path)
    finally:
        logging.getLogger("progress").removeHandler(handler)
    assert "resumed" not in caplog.text
    caplog.clear()
    other = search(searched, trials=2, folder=tmp_path, seed=5)
    assert "resumed" not in caplog.text
    again = search(searched, trials=2, folder=tmp_path)
    assert "resumed after 1 trial: " in caplog.text
    assert len(read(again["study"], "study.json")["trials"]) == 2
    assert other == again  # the folders of the same execution, now of the last search


def test_a_trial_that_kills_its_process_costs_no_other_one(search, caplog):
    searched = {"model": {"width": [16, 13, 8, 10]}}
    caplog.set_level("INFO", logger="progress")
    folders = search(searched, model="deadly", processes=2, trials=4)
    study = read(folders["study"], "study.json")
    by_width = {trial["values"]["model.width"]: trial for trial in study["trials"]}
    assert by_width.keys() == {16, 13, 8, 10}
    dead = by_width.pop(13)
    assert (dead["state"], dead["score"]) == ("failed", None)
    assert "was killed by SIGKILL; the machine may have run out of memory" in dead["error"]
    assert all(trial["state"] == "completed" for trial in by_width.values())
    assert study["best"] in [trial["number"] for trial in by_width.values()]
    assert any(re.search(r"of 4 trials, running trial \d", message) for message in caplog.messages)
    logs = [file.name for file in (folders["study"] / "logs").iterdir()]
    assert len(logs) == 6
    assert f"trial-{dead['trial_id']}-attempt-3.log" in logs


def test_one_process_and_two_give_the_same_study(search):
    searched = {"learning_rate": {"peak": {"low": 0.01, "high": 0.5}}, "model": {"width": [8, 16]}}
    options = {"algorithm": "halving", "trials": 4, "min_epochs": 1, "factor": 2}
    studies = [
        read(search(searched, processes=number, **options)["study"], "study.json") for number in (1, 2)
    ]
    for study in studies:
        for costs in (study["cost"], *study["trials"]):
            del costs["seconds"]
    assert studies[0] == studies[1]
    assert len(studies[0]["rungs"]) == 2


def test_the_objective_may_be_a_metric_of_the_whole_split(search):
    folders = search({"model": {"width": [16, 8]}}, trials=2, objective="val_macro_f1", direction="max")
    study = read(folders["study"], "study.json")
    for trial in study["trials"]:
        (execution,) = trial["executions"]
        assert trial["score"] == execution["history"]["val_macro_f1"][execution["best_epoch"]] > 0.1


@pytest.mark.parametrize("name", ["val_prc", "val_f1"])  # F1 is for two classes
def test_an_objective_that_the_model_does_not_log_is_refused_before_the_search(search, name):
    with pytest.raises(
        UserError,
        match=rf"^search.objective: '{name}' is not in the logs of .*fragile; use one of accuracy, loss, val_accuracy, "
        "val_loss, or val_ and the name of a metric",
    ):
        search({"model": {"width": [16, 8]}}, trials=2, objective=name, direction="max")
    assert not list(search.folder.rglob("trial-*"))
