import math

import pytest

from reactive_schedules.plateau.actions.hybrid import Hybrid
from reactive_schedules.plateau.spec import PlateauSpec
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        # Up to 1000 / 10: 8, 32, 100; then it cuts.
        ([1] * 6, {"growth": 4, "max_actions": 4}, ".GGDDS"),
        # At the maximum from the start.
        ([1] * 3, {"max_batch_size": 8, "max_actions": 1}, ".DS"),
        # A NaN cuts the rate, and the batch may grow later.
        ([1, math.nan, 1, 1], {"growth": 4}, ".DGG"),
        ([1] * 6, {"growth": 99, "factor": 1e-30, "max_actions": 9}, ".GDS"),
    ],
)
def test_it_grows_and_then_cuts(metrics, fields, expected):
    assert pattern(metrics, action="hybrid", patience=1, **fields) == expected


def test_it_reads():
    spec = PlateauSpec(growth=4, max_batch_size=512, factor=0.25)
    assert Hybrid().describe(spec) == "batch × 4 up to 512, then rate × 0.25"
    assert Hybrid().describe_briefly(spec) == "batch ×4, then rate ×0.25"
