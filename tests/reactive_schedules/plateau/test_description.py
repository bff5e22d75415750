import pytest

from reactive_schedules.plateau.description import describe, describe_briefly, label, mark
from reactive_schedules.plateau.spec import PlateauSpec


@pytest.mark.parametrize(
    ("fields", "sentence", "brief"),
    [
        (
            {"patience": 3, "factor": 0.25, "max_actions": 2},
            "rate × 0.25 after 3 epochs without improvement in val_loss, at most twice",
            "rate ×0.25",
        ),
        (
            {"patience": 1, "max_actions": 1, "monitor": "val_accuracy"},
            "rate × 0.5 after 1 epoch without improvement in val_accuracy, at most once",
            "rate ×0.5",
        ),
        (
            {"action": "grow", "growth": 4, "max_batch_size": 512, "max_actions": 4},
            "batch × 4 up to 512 after 5 epochs without improvement in val_loss, at most 4 times",
            "batch ×4",
        ),
        (
            {"action": "hybrid", "growth": 4, "factor": 0.25},
            "batch × 4 up to a tenth of the training data, then rate × 0.25, after 5 epochs without improvement "
            "in val_loss, at most 3 times",
            "batch ×4, then rate ×0.25",
        ),
        (
            {"max_actions": 0, "patience": 7},
            "early stopping after 7 epochs without improvement in val_loss",
            "early stopping",
        ),
    ],
    ids=["twice", "once", "grow", "hybrid", "early stopping"],
)
def test_a_reaction_in_words(fields, sentence, brief):
    spec = PlateauSpec(**fields)
    for plateau in (spec, spec.model_dump(mode="json"), fields):
        assert describe(plateau) == sentence
        assert describe_briefly(plateau) == brief


def test_the_stop_has_a_label_and_a_mark():
    assert label({"kind": "stop"}) == "stop"
    assert (mark("stop").words, mark("stop").colour) == ("stopped", "grey")


def test_the_look_of_decisions():
    assert [mark(kind).words for kind in ("decay", "grow")] == ["rate cut", "batch grown"]
