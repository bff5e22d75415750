import dataclasses

import pytest

from components.artifacts import HEALTH_FILE
from components.report.health import Finding, write
from pipeline.history.facts import health, hyperparameters, schedule
from pipeline.history.records import Artifact
from reactive_schedules import TrainingSpec


@pytest.mark.parametrize(
    ("plateau", "expected"),
    [
        (None, "one_cycle 0.0412"),
        ({"factor": 0.25}, "one_cycle 0.0412, rate ×0.25"),
        ({"action": "grow", "growth": 4}, "one_cycle 0.0412, batch ×4"),
        ({"action": "hybrid", "growth": 4, "factor": 0.25}, "one_cycle 0.0412, batch ×4, then rate ×0.25"),
        ({"max_actions": 0}, "one_cycle 0.0412, early stopping"),
    ],
    ids=["none", "decay", "grow", "hybrid", "early stopping"],
)
def test_the_schedule_in_a_few_words(plateau, expected):
    spec = TrainingSpec.parse({"learning_rate": {"family": "one_cycle", "peak": 0.0412}, "plateau": plateau})
    assert schedule(spec.model_dump(mode="json")) == expected


def test_an_action_that_is_not_registered_here_is_named():
    spec = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.03}, "plateau": {}})
    record = spec.model_dump(mode="json")
    record["plateau"]["action"] = "elsewhere"
    assert schedule(record) == "constant 0.03, elsewhere"


@pytest.mark.parametrize(
    ("goal", "more"),
    [
        ({}, {}),
        (
            {
                "goal": {
                    "loss": None,
                    "from_logits": False,
                    "class_weight": None,
                    "weight": None,
                    "metric": "f1",
                }
            },
            {},
        ),
        ({"goal": {"loss": "poisson", "weight": "days"}}, {"loss": "poisson", "weight": "days"}),
        ({"goal": {"class_weight": [1.0, 20.0]}}, {"class_weight": [1.0, 20.0]}),
    ],
    ids=["earlier release", "defaults", "loss", "class weights"],
)
def test_losses_and_weights_are_hyperparameters(goal, more):
    training = {"epochs": 3}
    assert hyperparameters({"training": training, **goal})["training"] == {"epochs": 3, **more}


def test_what_deserves_a_look_is_read_beside_the_page(tmp_path):
    finding = Finding("gaps", "size", "has no value in 60.0% of the rows", "data: {ignore: [size]}")
    assert health(None) is None
    report = Artifact(1, tmp_path, {})
    assert health(report) is None  # of an earlier release
    write([finding], tmp_path / HEALTH_FILE)
    assert health(report) == [dataclasses.asdict(finding)]
