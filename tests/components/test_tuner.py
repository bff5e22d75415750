"""The Tuner's executor on the artifacts of a real Transform."""

import json
import math
import random
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.artifacts import Study
from components.features import LabelFeature
from components.tuner.best import read_best
from components.tuner.executor import Executor
from pipeline.config import SearchSection
from schedules import space

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
    artifacts = digits_run.workspace / "artifacts/digits/Transform"

    def run(searched: dict, model: str = "fragile", training: dict = TRAINING, **options) -> dict[str, Path]:
        folder = tmp_path_factory.mktemp("search")
        examples, graph = standard_artifacts.Examples(), standard_artifacts.TransformGraph()
        (examples.uri,) = map(str, artifacts.glob("transformed_examples/*"))
        (graph.uri,) = map(str, artifacts.glob("transform_graph/*"))
        examples.split_names = json.dumps(["train", "eval"])
        outputs = {
            "best_hyperparameters": [standard_artifacts.HyperParameters()],
            "tuner_results": [standard_artifacts.TunerResults()],
            "study": [Study()],
        }
        for key, (artifact,) in outputs.items():
            artifact.uri = str(folder / key)
        run.folders = {key: folder / key for key in outputs}
        context = Executor.Context(
            beam_pipeline_args=["--runner=FnApiRunner"], tmp_dir=str(folder / "tmp"), unique_id="1"
        )
        Executor(context).Do(
            {"examples": [examples], "transform_graph": [graph]},
            outputs,
            {
                "training": json.dumps(training),
                "build_model": f"tests.components.user_models.{model}",
                "model_hyperparameters": json.dumps({"width": 16, "depth": 1, "filters": 4}),
                "label": LabelFeature("digit", "classification", tuple(range(10))).to_json(),
                "splits": json.dumps({"train": "train", "validation": "eval"}),
                "search": json.dumps(
                    SearchSection(**{"trials": 4, "space": searched, **options}).model_dump(mode="json")
                ),
            },
        )
        return run.folders

    return run


def read(folder: Path, name: str):
    return json.loads((folder / name).read_text())


def test_failed_trial_is_reported_and_the_search_goes_on(search):
    folders = search({"model": {"width": [16, 13, 8]}}, trials=3)
    study = read(folders["study"], "study.json")
    failed = [trial for trial in study["trials"] if trial["error"]]
    assert [trial["values"]["model.width"] for trial in failed] == [13]
    assert failed[0]["error"] == "ValueError: 13 brings bad luck"
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


def test_without_any_success_the_error_says_why_and_the_study_is_kept(search):
    with pytest.raises(RuntimeError, match=r"All 2 trials failed \(2 x MemoryError: no room for 16 units\)"):
        search({"plateau": {"patience": [1, 2]}}, model="hopeless", trials=2)
    assert len(read(search.folders["study"], "study.json")["trials"]) == 2


def test_first_trial_is_the_configuration_as_written(search):
    folders = search({"learning_rate": {"peak": {"low": 0.001, "high": 0.5, "log": True}}}, trials=2)
    first = read(folders["study"], "study.json")["trials"][0]
    assert first["values"] == {"learning_rate.peak": 0.05}


def test_same_seed_same_search(search):
    searched = {"learning_rate": {"family": ["constant", "one_cycle"], "peak": {"low": 0.01, "high": 0.2}}}
    first = read(search(searched)["study"], "study.json")["trials"]
    random.seed()  # what KerasTuner falls back on
    second = read(search(searched)["study"], "study.json")["trials"]
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
