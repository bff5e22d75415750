import pytest

from pipeline.run.summary import training_rows
from reactive_schedules import TrainingSpec


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
def test_the_reaction_is_described_below_the_schedule(plateau, expected):
    spec = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.03}, "plateau": plateau})
    record = {
        "training": spec.model_dump(mode="json"),
        "history": {"loss": [1.0, 0.9]},
        "decisions": [{"epoch": 1, "reason": "val_loss not below 1 for 1 epoch; …"}],
        "best_epoch": 1,
    }
    rows = list(training_rows(record))
    assert rows[0][0] == "Schedule"
    assert rows[1:] == [
        ("", expected),
        ("Training", "2 epochs, the best was epoch 2"),
        ("", "epoch 2: val_loss not below 1 for 1 epoch; …"),
    ]
