import pytest

from reactive_schedules import SpecError, TrainingSpec
from reactive_schedules.spec.durations_fit import check_durations


def check(epochs: int = 10, **learning_rate) -> None:
    check_durations(TrainingSpec.parse({"learning_rate": {"peak": 0.1, **learning_rate}, "epochs": epochs}))


@pytest.mark.parametrize(
    "learning_rate",
    [
        {"family": "constant", "warmup": "10ep"},
        {"family": "cosine", "warmup": "99.99%"},
        {"family": "cosine", "warmup": "0.00001%"},
        # With steps or examples, it depends on the data.
        {"family": "cosine", "warmup": 10**9},
        {"family": "piecewise", "boundaries": ["2ep", "5st"], "ratios": [1, 0.5, 0.1]},
        {"family": "cosine", "warmup": "50ep", "length": "900ex"},
    ],
)
def test_durations_that_may_fit(learning_rate):
    check(**learning_rate)


@pytest.mark.parametrize(
    ("learning_rate", "message"),
    [
        ({"family": "constant", "warmup": "11ep"}, "learning_rate.warmup: must be shorter than the 10000000 .* steps; got 11000000 steps .11ep in 10 epochs, assuming 1000000 steps per epoch"),
        ({"family": "cosine", "warmup": "100%"}, "learning_rate.warmup: "),
        ({"family": "piecewise", "boundaries": ["3ep", "20%"], "ratios": [1, 0.5, 0.1]}, "learning_rate.boundaries: .* strictly increasing.* .3ep, 20% in 10 epochs"),
    ],
)  # fmt: skip
def test_durations_that_cannot(learning_rate, message):
    with pytest.raises(SpecError, match=message):
        check(**learning_rate)


def test_parts_of_a_sequence_count_from_their_boundary():
    parts = [{"family": "constant", "peak": 0.1}, {"family": "cosine", "peak": 0.1, "warmup": "5ep"}]
    sequence = {"family": "sequence", "boundaries": ["4ep"], "parts": parts}
    check_durations(TrainingSpec.parse({"learning_rate": sequence, "epochs": 10}))
    with pytest.raises(SpecError, match=r"learning_rate.parts.1.warmup: .* \(5ep in 9 epochs"):
        check_durations(TrainingSpec.parse({"learning_rate": sequence, "epochs": 9}))
