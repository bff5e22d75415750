import pytest

from components.report.training import training
from reactive_schedules import PlateauSpec, TrainingSpec, replay
from reactive_schedules.pages.content import Facts, Plot, Table
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


def test_the_models_of_an_ensemble_are_drawn_together_and_listed():
    spec = TrainingSpec.parse(
        {"learning_rate": {"family": "constant", "peak": 0.1}, "plateau": {"patience": 1}}
    )

    def member(seed: int, epochs: int) -> dict:
        rates = [0.1 / (epoch + seed) for epoch in range(1, epochs + 1)]
        return {
            "seed": seed,
            "history": {
                "loss": rates,
                "val_loss": rates,
                "learning_rate": rates,
                "batch_size": [32] * epochs,
            },
            "decisions": [],
            "best_epoch": epochs - 1,
            "best_metric": rates[-1],
        }

    members = [member(7, 3), member(8, 5)]
    scores = {"accuracy": {"average": 0.9, "members": [0.8, None]}}
    record = {
        **members[0],
        "training": spec.model_dump(mode="json"),
        "ensemble": {"members": 2, "seeds": [7, 8], "validation": scores},
        "members": members,
    }
    facts, drawn, table, *_ = training(record).blocks
    assert isinstance(facts, Facts)
    assert isinstance(drawn, Plot)
    assert isinstance(table, Table)
    assert dict(facts.rows)["Ensemble"] == [
        "average of 2 models; on the validation split, accuracy 0.9000 (its models 0.8000 on average, 0.8000 to 0.8000)",
        "seeds 7 to 8",
    ]
    others = [trace.y for trace in drawn.figure.data if trace.opacity]
    assert others == [
        tuple(members[1]["history"][name]) for name in ("val_loss", "learning_rate", "batch_size")
    ]
    assert drawn.alt.endswith("The first model; thin lines are the others.")
    assert table.columns == (
        "seed",
        "epochs",
        "best epoch",
        "best val_loss",
        "reactions",
        "validation accuracy",
    )
    assert [list(row) for row in table.rows] == [
        [7, 3, 3, members[0]["best_metric"], 0, 0.8],
        [8, 5, 5, members[1]["best_metric"], 0, None],
        ["average", None, None, None, None, 0.9],
    ]
