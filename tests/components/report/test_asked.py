"""The configuration as the report shows it."""

import pytest

from components.features import LabelFeature
from components.metrics import find
from components.report.asked import asked
from pipeline.config.load import load
from pipeline.config.sections import Config
from reactive_schedules import TrainingSpec
from reactive_schedules.pages.content import Facts
from tests.conftest import ROOT

LABEL = LabelFeature("digit", "classification", tuple(range(10)))


def facts_of(config: dict) -> dict:
    larger = find(config["evaluation"]["metric"]).larger_is_better
    (facts, _) = asked(config, LABEL, larger).blocks
    assert isinstance(facts, Facts)
    return dict(facts.rows)


@pytest.mark.parametrize(
    ("evaluation", "said"),
    [
        ({"metric": "f1", "threshold": 0.7}, "f1 at least 0.7, and, with 95 % confidence, better than"),
        ({"metric": "rmse", "threshold": 3}, "rmse at most 3, and, with 95 % confidence, better than"),
        ({"metric": "roc_auc"}, "roc_auc above the best constant prediction, and, "),
        ({"metric": "brier"}, "brier below the best constant prediction, and, "),
        ({"metric": "mae", "min_improvement": 0.5, "confidence": 0.9}, "with 90 % confidence, more than 0.5 better than"),
        ({"metric": "accuracy", "min_improvement": -0.01}, "at most 0.01 worse than the model in production"),
    ],
)  # fmt: skip
def test_the_bar_is_that_of_the_verdict(evaluation, said):
    config = load(ROOT / "examples/digits.yaml", {"evaluation": {"threshold": None, **evaluation}})
    assert said in facts_of(config.model_dump(mode="json"))["Blessed if"]


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({}, "split 14 : 3 : 3 into train, eval, test, by a hash or as the files say"),
        ({"time": "day"}, "split 14 : 3 : 3 into train, eval, test by time, day"),
        ({"group": "customer"}, "by a hash of customer, whose rows stay together"),
        ({"column": "part"}, "split by the column part"),
        ({"stratify": True}, "split 14 : 3 : 3 into train, eval, test within each class"),
        ({"files": {"test": "b.csv", "train": "a.csv"}}, "split by files: train a.csv, test b.csv"),
    ],
)
def test_what_decides_on_the_splits_is_told(split, said):
    config = load(ROOT / "examples/digits.yaml", {"data": {"split": split}})
    assert facts_of(config.model_dump(mode="json"))["Data"][1].endswith(said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"algorithm": "random", "trials": 4}, "4 trials: algorithm random, executions_per_trial 1, "),
        (
            {"algorithm": "hyperband", "factor": 4},
            "algorithm hyperband, executions_per_trial 1, seed 0, factor 4",
        ),
    ],
)
def test_search_has_the_options_of_its_algorithm(options, said):
    written = load(ROOT / "examples/digits.yaml").model_dump(mode="json")["search"]["space"]
    loaded = load(ROOT / "examples/digits.yaml", {"search": None})
    loaded = Config.parse({**loaded.model_dump(), "search": {"space": written, **options}})
    assert facts_of(loaded.model_dump(mode="json"))["Search"][0].startswith(said)


def schedule(plateau) -> list[str]:
    """Returns the description of the schedule on the page."""
    spec = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.03}, "plateau": plateau})
    config = {
        "data": {"path": "digits.csv", "source": None, "splits": {"train": 8, "eval": 2}},
        "model": {"build": "models:build", "hyperparameters": {}, "warm_start": False},
        "training": spec.model_dump(mode="json"),
        "search": None,
        "evaluation": {"metric": "accuracy", "threshold": 0.9, "min_improvement": 0.0, "confidence": 0.95},
    }
    return list(facts_of(config)["Schedule"])


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
