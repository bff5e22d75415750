import pytest

from components.features import LabelFeature
from components.report.asked import asked
from reactive_schedules import TrainingSpec
from reactive_schedules.pages.content import Facts


def schedule(plateau) -> list[str]:
    """Returns the description of the schedule on the page."""
    spec = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.03}, "plateau": plateau})
    config = {
        "data": {"path": "digits.csv", "source": None, "splits": {"train": 8, "eval": 2}},
        "model": {"build": "models:build", "hyperparameters": {}, "warm_start": False},
        "training": spec.model_dump(mode="json"),
        "search": None,
        "evaluation": {"metric": "accuracy", "threshold": 0.9, "min_improvement": 0.0},
    }
    facts = asked(config, LabelFeature("digit", "classification", (0, 1))).blocks[0]
    assert isinstance(facts, Facts)
    return list(dict(facts.rows)["Schedule"])


@pytest.mark.parametrize(
    ("plateau", "expected"),
    [
        (
            {"action": "decay", "patience": 3, "factor": 0.25, "max_actions": 2},
            "rate × 0.25 after 3 epochs without improvement in val_loss, at most twice",
        ),
        (
            {"action": "grow", "patience": 1, "growth": 4, "max_batch_size": 512},
            "batch × 4 up to 512 after 1 epoch without improvement in val_loss, at most 3 times",
        ),
        (
            {"action": "hybrid", "growth": 4, "max_batch_size": 512, "factor": 0.25, "max_actions": 1},
            "batch × 4 up to 512, then rate × 0.25, after 5 epochs without improvement in val_loss, at most once",
        ),
    ],
    ids=["decay", "grow", "hybrid"],
)
def test_the_reaction_is_described(plateau, expected):
    assert schedule(plateau)[-1] == expected


def test_without_a_reaction_none_is_described():
    assert schedule(None)[-1] == "batch size 32, at most 10 epochs, seed 0"
