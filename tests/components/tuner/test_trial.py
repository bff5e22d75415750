"""Trials that continue from rung to rung, on the artifacts of a real Transform."""

import dataclasses
import json

import numpy as np
import pytest

from components.learning.goal import DEFAULT
from components.learning.learn import learn
from components.learning.task import load_task
from components.tuner import trial
from components.tuner.data import Data
from components.tuner.trial import Setting
from reactive_schedules import TrainingSpec
from reactive_schedules.search.executor.child import Attempt
from reactive_schedules.search.executor.journal import FINISHED, Journal
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


@pytest.mark.parametrize("action", ["decay", "grow", "hybrid"])
def test_a_trial_promoted_twice_equals_an_uninterrupted_one(action, inputs, tmp_path):
    (examples,), (graph,) = inputs["examples"], inputs["transform_graph"]
    label, goal = transformed.LABEL.to_json(), DEFAULT.to_json()
    setting = Setting(
        data=Data(examples.split_names, label, goal, json.dumps(SPLITS)),
        training=json.dumps(training(action)),
        build_model="pipeline.models.build_model",
        model_hyperparameters=json.dumps(MODEL),
        executions=1,
        objective=("val_loss", "min"),
    )
    paths = {"examples": examples.uri, "transform_graph": graph.uri}
    train = trial.prepare(json.loads(json.dumps(dataclasses.asdict(setting))), paths)
    journal, reported, found = Journal(tmp_path / "journal"), [], []
    for rung, until in enumerate((3, 7, 11)):  # a last epoch would end it
        ask = Ask("0001", 1, {}, until, rung, "0001" if rung else None)
        attempt = journal.begin(ask, 1)
        outcome = train(Attempt(ask, attempt.folder, lambda *each: reported.append(each)))
        found.append(outcome["executions"][0])
        journal.end(ask, attempt, FINISHED)

    task = load_task(inputs["examples"], graph.uri, transformed.LABEL, SPLITS)
    spec, folder = TrainingSpec.parse(training(action)), tmp_path / "alone"
    alone = learn(task, spec, setting.build_model, MODEL, checkpoint_dir=folder, until=11).result
    kinds = {decision["kind"] for decision in alone.decisions}
    assert kinds & {"decay": {"decay"}, "grow": {"grow"}, "hybrid": {"grow", "decay"}}[action]
    for epochs, execution in zip((3, 7, 11), found, strict=True):
        assert execution["history"] == {name: values[:epochs] for name, values in alone.history.items()}
        assert execution["decisions"] == alone.decisions[: len(execution["decisions"])]
    assert len(found[-1]["decisions"]) == len(alone.decisions) >= 2
    assert found[-1]["updates"] == alone.updates
    assert found[-1]["stopped_by"] == "until", [each["reason"] for each in alone.decisions]
    assert reported == [*enumerate(alone.history["val_loss"], 1)]
    # Weights, slots, seed states, best weights.
    one, other = (Checkpoints(path).load()[0] for path in (folder, attempt.folder / "execution-0"))
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)
