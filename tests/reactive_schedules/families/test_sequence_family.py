# What a family has besides its name depends on the family.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import pytest

from reactive_schedules.families.sequence import SequenceSpec

CONSTANT, LINEAR = {"family": "constant", "peak": 0.5}, {"family": "linear", "peak": 1.0}


def test_each_part_counts_from_its_own_beginning_and_fills_its_stretch():
    spec = SequenceSpec(parts=[LINEAR, CONSTANT, LINEAR], boundaries=["10%", "50%"]).resolve(100)
    assert spec([0, 5, 9, 10, 49, 50, 75, 100]) == pytest.approx([1, 0.5, 0.1, 0.5, 0.5, 1, 0.5, 0])


def test_sequences_nest():
    inner = {"family": "sequence", "parts": [LINEAR, CONSTANT], "boundaries": [10]}
    spec = SequenceSpec(parts=[CONSTANT, inner], boundaries=[20]).resolve(100)
    assert spec([0, 20, 25, 30, 99]).tolist() == [0.5, 1, 0.5, 0.5, 0.5]


def test_percent_is_of_the_whole_run_also_inside_a_part():
    part = {"family": "constant", "peak": 1, "warmup": "10%"}
    spec = SequenceSpec(parts=[CONSTANT, part], boundaries=["50%"]).resolve(1000)
    assert spec.parts[1].warmup == 100


@pytest.mark.parametrize(
    ("boundaries", "message"),
    [
        (["50%", "50%"], "strictly increasing, in steps; got .500, 500."),
        (["60%", "50%"], "strictly increasing"),
        ([0, 10], r"\[1, inf\)"),
        (["50%", "100%"], "below the 1000 available steps"),
    ],
)
def test_boundaries_must_increase_inside_the_run(boundaries, message):
    spec = SequenceSpec(parts=[CONSTANT] * 3, boundaries=boundaries)
    with pytest.raises(ValueError, match=message):
        spec.resolve(1000)


def test_a_part_that_does_not_fit_is_named():
    part = {"family": "cosine", "peak": 1, "warmup": 60}
    with pytest.raises(
        ValueError, match=r"^parts.1.warmup: must be shorter than the 50 available steps; got 60"
    ):
        SequenceSpec(parts=[CONSTANT, part], boundaries=[50]).resolve(100)


def test_the_peak_is_the_highest():
    assert SequenceSpec(parts=[CONSTANT, LINEAR], boundaries=[5]).peak == 1


def test_landmarks_are_in_order_and_inside_their_part():
    spec = SequenceSpec(parts=[LINEAR, LINEAR], boundaries=[40]).resolve(100)
    assert spec.landmarks == [("part 2 begins", 40), ("decay ends", 100)]
    assert np.diff([at for _, at in spec.landmarks]).min() >= 0
