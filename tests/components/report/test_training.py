import pytest

from components.report.training import training
from reactive_schedules import PlateauSpec, TrainingSpec, replay
from reactive_schedules.pages.content import Plot
from reactive_schedules.plateau.decision_log import decision_record


def plot(**plateau) -> Plot:
    """Returns the plot of a training without progress."""
    spec = TrainingSpec.parse(
        {"learning_rate": {"family": "constant", "peak": 0.1}, "plateau": {"patience": 1, **plateau}}
    )
    assert isinstance(spec.plateau, PlateauSpec)
    decisions = replay([1.0] * 9, spec.plateau, spec.batch_size, examples=1000)
    options = {"monitor": "val_loss", "step": 9, "examples": 72, "epoch_examples": 1000, "averaging": 0.9}
    history = {
        "loss": [1.0 for _ in decisions],
        "val_loss": [1.0 for _ in decisions],
        "learning_rate": [0.1 * decision.old_multiplier for decision in decisions],
        "batch_size": [decision.old_batch_size for decision in decisions],
    }
    record = {
        "training": spec.model_dump(mode="json"),
        "history": history,
        "decisions": [
            decision_record(d, step_rate=0.1, **options) for d in decisions if d.kind != "continue"
        ],
        "best_epoch": 0,
    }
    (found,) = (block for block in training(record).blocks if isinstance(block, Plot))
    return found


@pytest.mark.parametrize(
    ("action", "legend", "words"),
    [
        (
            "decay",
            [("rate cut", "var(--red)"), ("stopped", "var(--grey)")],
            "Rate cut after epoch 2, rate cut after epoch 3, stopped after epoch 4.",
        ),
        (
            "grow",
            [("batch grown", "var(--purple)"), ("stopped", "var(--grey)")],
            "Batch grown after epoch 2, stopped after epoch 3.",
        ),
        (
            "hybrid",
            [("batch grown", "var(--purple)"), ("rate cut", "var(--red)"), ("stopped", "var(--grey)")],
            "Batch grown after epoch 2, rate cut after epoch 3, stopped after epoch 4.",
        ),
    ],
)
def test_decisions_are_drawn_with_the_marks_of_their_actions(action, legend, words):
    found = plot(action=action, growth=9, max_actions=2)
    marks = [trace for trace in found.figure.data if trace.customdata is not None]
    assert [(trace.name, trace.marker.color) for trace in marks] == legend
    assert found.alt.endswith(words)


def test_a_growth_shows_its_change_on_hover():
    (grown, _) = (
        trace for trace in plot(action="grow", growth=9).figure.data if trace.customdata is not None
    )
    assert grown.customdata[0].splitlines() == [
        "after epoch 2: batch grown",
        "val_loss not below 1 for 1 epoch; batch 32 → 100 (action 1 of 3)",
        "batch 32 → 100",
    ]
