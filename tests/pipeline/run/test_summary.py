import pytest
from rich.console import Console

from pipeline.run.summary import _trials, training_rows
from reactive_schedules import TrainingSpec
from tests.reactive_schedules.search.made_study import study


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


def test_trials_fit_in_80_columns_with_the_values_in_which_they_differ():
    made = study(27)
    for trial in made["trials"]:
        trial["values"] |= {f"model.number_{place}": trial["number"] * 1000 for place in range(9)}
        trial["values"]["model.same"] = 5
    console = Console(width=80, record=True)
    console.print(_trials(made))
    heading, *rows = console.export_text().splitlines()
    assert len(heading.split()) == 3 + 4
    assert "same" not in heading
    assert len(rows) == 10  # none of which is broken
