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
from reactive_schedules.search.progress import FILE
from tests.components import transformed

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_children")]

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


@pytest.fixture(scope="module")
def fragile(search):
    """The outputs of a search of which a trial failed."""
    return search({"model": {"width": [16, 13, 8]}, "plateau": {"patience": [1]}}, trials=3)


def test_failed_trial_is_reported_and_the_search_continues(fragile):
    folders, study = fragile, read(fragile["study"], "study.json")
    failed = [trial for trial in study["trials"] if trial["error"]]
    assert [trial["values"]["model.width"] for trial in failed] == [13]
    place = "tests/components/user_models.py, line 12, in fragile"
    assert failed[0]["error"] == f"ValueError: 13 brings bad luck ({place})"
    assert failed[0]["score"] is None
    assert len(study["trials"]) == 3
    results = read(folders["tuner_results"], "tuner_results.json")
    assert {record["model.width"] for record in results} == {8, 16}
    assert [record["score"] for record in results] == sorted(record["score"] for record in results)


def test_diverging_trial_is_never_the_best_and_a_short_one_keeps_its_horizon(search):
    space = {"learning_rate": {"family": ["one_cycle"], "peak": [0.05, 1e8]}, "plateau": {"on_nan": ["stop"]}}
    study = read(search(space, trials=2, epochs=1)["study"], "study.json")
    trials = {trial["values"]["learning_rate.peak"]: trial for trial in study["trials"]}
    assert study["trials"][study["best"] - 1]["values"]["learning_rate.peak"] == 0.05
    assert math.isfinite(trials[0.05]["score"])
    assert trials[1e8]["score"] is None
    history = trials[0.05]["executions"][0]["history"]
    assert len(history["loss"]) == 1
    assert trials[0.05]["training"]["epochs"] == 2
    # Halfway through its only cycle, the rate is still high.
    assert history["learning_rate"][0] > 0.02


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


def test_first_trial_is_the_configuration_as_written(fragile):
    first = read(fragile["study"], "study.json")["trials"][0]
    assert first["values"] == {"model.width": 16, "plateau.patience": 1}


def test_best_hyperparameters_are_one_file_that_the_trainer_reads(fragile):
    assert len(list(fragile["best_hyperparameters"].iterdir())) == 1
    artifact = standard_artifacts.HyperParameters()
    artifact.uri = str(fragile["best_hyperparameters"])
    spec, model = space.from_hyperparameters(TRAINING, {"width": 10}, read_best([artifact]))
    study = read(fragile["study"], "study.json")
    best = study["trials"][study["best"] - 1]
    assert (spec.plateau.patience, model) == (1, {"width": best["values"]["model.width"]})


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
        # Without a plateau, the last epoch counts.
        assert trial["score"] == trial["executions"][0]["history"]["val_loss"][-1]
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
    options = {"executions_per_trial": 2, "objective": "val_macro_f1", "second_objective": "updates"}
    study = read(search({"model": {"width": [8, 16]}}, trials=2, **options)["study"], "study.json")
    assert study["objective"] == {"name": "val_macro_f1", "direction": "max"}
    assert study["second_objective"] == "updates"
    for trial in study["trials"]:
        first, second = trial["executions"]
        assert second["seed"] == first["seed"] + 1
        assert first["history"]["loss"] != second["history"]["loss"]
        for execution in trial["executions"]:
            # A metric of the whole split.
            assert execution["score"] == execution["history"]["val_macro_f1"][execution["best_epoch"]] > 0.1
        assert trial["score"] == pytest.approx((first["score"] + second["score"]) / 2)
    assert study["best"] == max(study["trials"], key=lambda trial: trial["score"])["number"]


class Interrupt(logging.Handler):
    """Presses Ctrl-C as soon as the console says something."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self._pattern = pattern

    def emit(self, record: logging.LogRecord) -> None:
        if re.search(self._pattern, record.getMessage()):
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
    (file,) = tmp_path.glob(f"Tuner/checkpoints/*/{FILE}")
    left = json.loads(file.read_text())
    assert (left["done"], left["trials"], left["running"]) == (1, 2, [])
    caplog.clear()
    again = search(searched, trials=2, folder=tmp_path)
    assert "resumed after 1 trial: " in caplog.text
    assert len(read(again["study"], "study.json")["trials"]) == 2
    assert not file.exists()


def test_a_confirmation_compares_with_the_configuration_and_goes_on_where_it_stopped(
    search, caplog, tmp_path
):
    training = {**TRAINING, "learning_rate": {"family": "constant", "peak": 0.0002}}
    options = {"training": training, "trials": 2, "folds": 2, "folder": tmp_path}
    searched = {"learning_rate": {"peak": [0.0002, 0.05]}}
    caplog.set_level("INFO", logger="progress")
    handler = Interrupt("[1-3] of 4 trainings to confirm the best")
    logging.getLogger("progress").addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            search(searched, **options)
    finally:
        logging.getLogger("progress").removeHandler(handler)
    folders = search(searched, **options)
    study = read(folders["study"], "study.json")
    found = study["confirmation"]
    assert (found["configured"], found["folds"], found["divides"]) == (1, 2, True)
    assert [each["number"] for each in found["finalists"]] == [1, 2]
    for each in found["finalists"]:
        searched_score = study["trials"][each["number"] - 1]["score"]
        assert len({searched_score, *each["scores"]}) == 3  # other seeds and other rows
    assert study["best"] == 2
    assert study["choice"].startswith("trial 2 is confirmed: val_loss ")
    assert caplog.messages[-1] == f"2 trials; {study['choice']}"
    artifact = standard_artifacts.HyperParameters()
    artifact.uri = str(folders["best_hyperparameters"])
    assert read_best([artifact]) == {"learning_rate.peak": 0.05}
    assert (study["cost"]["epochs"], len(study["asks"])) == (4, 2)  # of the search alone
    logs = {file.name for file in (folders["study"] / "logs").iterdir()}
    assert {f"trial-000{number}-fold-{fold}-attempt-1.log" for number in (1, 2) for fold in (0, 1)} <= logs


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
    lost = [attempt["end"] for attempt in dead["attempts"]]
    assert [end.partition(" was ")[2][:17] for end in lost] == ["killed by SIGKILL"] * 3
    assert {attempt["worker"] for trial in study["trials"] for attempt in trial["attempts"]} == {1, 2}
    assert "Attempts that did not finish" in (folders["study"] / "study.html").read_text()
    assert all(trial["state"] == "completed" for trial in by_width.values())
    assert study["best"] in [trial["number"] for trial in by_width.values()]
    assert any(re.search(r"of 4 trials, running trial \d", message) for message in caplog.messages)
    logs = [file.name for file in (folders["study"] / "logs").iterdir()]
    assert len(logs) == 6
    assert f"trial-{dead['trial_id']}-attempt-3.log" in logs


def test_one_process_and_two_give_the_same_study(search):
    searched = {"learning_rate": {"peak": {"low": 0.01, "high": 0.5}}, "model": {"width": [8, 16]}}
    options = {"algorithm": "halving", "trials": 4, "min_epochs": 1, "factor": 2}
    studies = []
    for number in (1, 2):
        random.seed()  # what KerasTuner falls back on if it is given no seed
        studies.append(read(search(searched, processes=number, **options)["study"], "study.json"))
    for study in studies:
        for costs in (study["cost"], *study["trials"]):
            del costs["seconds"]
        for trial in study["trials"]:
            assert [attempt["end"] for attempt in trial.pop("attempts")] == ["finished"] * trial["rung"] + [
                "finished"
            ]
    assert studies[0] == studies[1]
    assert len(studies[0]["rungs"]) == 2


@pytest.mark.parametrize("name", ["val_prc", "val_f1"])  # F1 is for two classes
def test_an_objective_that_the_model_does_not_log_is_refused_before_the_search(search, name):
    with pytest.raises(
        UserError,
        match=rf"^search.objective: '{name}' is not in the logs of .*fragile; use one of accuracy, loss, val_accuracy, "
        "val_loss, or val_ and the name of a metric",
    ):
        search({"model": {"width": [16, 8]}}, trials=2, objective=name, direction="max")
    assert not list(search.folder.rglob("trial-*"))
