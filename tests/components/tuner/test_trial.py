"""Trials that continue from rung to rung, on the artifacts of a real Transform."""

import dataclasses
import json

import numpy as np
import pytest

from components.learning.goal import DEFAULT
from components.learning.learn import learn
from components.learning.task import load_task
from components.tuner.data import Data
from components.tuner.journal import Journal
from components.tuner.trial import RunTrial, Setting
from reactive_schedules import TrainingSpec
from reactive_schedules.search.searcher import Ask
from reactive_schedules.training.checkpoint import Checkpoints
from tests.components import transformed

pytestmark = pytest.mark.slow

MODEL = {"images": "plain", "augment": "none", "width": 16, "depth": 1, "filters": 4, "dropout": 0.3}
SPLITS = {"train": "train", "validation": "eval"}


def training(action: str) -> dict:
    plateau = {"patience": 1, "action": action, "factor": 0.5, "growth": 1.5, "max_actions": 9}
    spec = {
        "optimizer": {"name": "sgd", "momentum": 0.9},
        "learning_rate": {"family": "one_cycle", "peak": 0.3},
        "batch_size": 32,
        "epochs": 12,
        "plateau": {
            **plateau,
            **{"grow": {"max_batch_size": 1000}, "hybrid": {"max_batch_size": 128}}.get(action, {}),
        },
        "seed": 3,
    }
    return TrainingSpec.parse(spec).model_dump(mode="json")


@pytest.fixture(scope="module")
def inputs(digits_run):
    return transformed.inputs(digits_run.workspace)


@pytest.fixture
def setting(inputs, tmp_path):
    (examples,), (graph,) = inputs["examples"], inputs["transform_graph"]

    def make(action: str, **changes) -> Setting:
        values = {
            "data": Data(
                (examples.uri, examples.split_names),
                graph.uri,
                transformed.LABEL.to_json(),
                DEFAULT.to_json(),
                json.dumps(SPLITS),
            ),
            "training": json.dumps(training(action)),
            "build_model": "pipeline.models.build_model",
            "model_hyperparameters": json.dumps(MODEL),
            "executions": 1,
            "objective": ("val_loss", "min"),
            "journal": str(tmp_path / "journal"),
        }
        return Setting(**{**values, **changes})

    return make


def ask(rung=None, until=None, parent=None, trial_id="0001", **values) -> Ask:
    return Ask(trial_id, 1, values, until, rung, parent)


def result(setting: Setting, asked: Ask, last: int | None = None) -> dict | None:
    assert list(RunTrial(setting, "", 1, last).process(dataclasses.asdict(asked))) == [asked.trial_id]
    return Journal(setting.journal).result(asked)


@pytest.mark.parametrize("action", ["decay", "grow", "hybrid"])
def test_a_trial_promoted_twice_equals_an_uninterrupted_one(action, inputs, setting, tmp_path):
    studied = setting(action)
    rungs = [ask(0, 3), ask(1, 7, "0001"), ask(2, 11, "0001")]  # a last epoch would end it, and its state
    found = [result(studied, each)["executions"][0] for each in rungs]

    task = load_task(inputs["examples"], studied.data.transform_graph, transformed.LABEL, SPLITS)
    spec, folder = TrainingSpec.parse(training(action)), tmp_path / "alone"
    options = {"checkpoint_dir": folder, "until": 11}
    alone = learn(task, spec, studied.build_model, MODEL, **options).result
    kinds = {decision["kind"] for decision in alone.decisions}
    assert kinds & {"decay": {"decay"}, "grow": {"grow"}, "hybrid": {"grow", "decay"}}[action]
    for epochs, execution in zip((3, 7, 11), found, strict=True):
        assert execution["history"] == {name: values[:epochs] for name, values in alone.history.items()}
        assert execution["decisions"] == alone.decisions[: len(execution["decisions"])]
    assert len(found[-1]["decisions"]) == len(alone.decisions) >= 2
    assert found[-1]["updates"] == alone.updates
    assert found[-1]["stopped_by"] == "until", [each["reason"] for each in alone.decisions]
    resumed = Journal(studied.journal).checkpoints(rungs[-1], 0)
    # Weights, slots, seed states, best weights.
    one, other = (Checkpoints(path).load()[0] for path in (folder, resumed))
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_checkpoints_are_deleted_after_the_last_rung(setting):
    studied = setting("decay")
    for asked, kept in ((ask(0, 1), True), (ask(1, 2, "0001"), False)):
        assert result(studied, asked, last=2)["executions"][0]["stopped_by"] == "until"
        assert Journal(studied.journal).checkpoints(asked, 0).exists() == kept


def test_trial_that_repeatedly_kills_the_whole_search_has_failed(setting):
    studied, asked = setting("decay"), ask()
    journal = Journal(studied.journal)
    with journal.training(asked, 0):
        (starts,) = journal.folder.glob("trial-*/starts")
    starts.write_text("0 7\n0 8\n0 7\n")  # as three processes leave it that are killed in the first epoch
    found = result(studied, asked)
    assert (found["score"], found["executions"]) == (None, [])
    assert "the worker process died 3 times after 0 epochs" in found["error"]
