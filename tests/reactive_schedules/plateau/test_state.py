import pytest

from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState


@pytest.mark.parametrize(
    ("spec", "batch_size", "examples", "message"),
    [
        (PlateauSpec(), 0, 10, "batch_size: must be at least 1, got 0"),
        (PlateauSpec(), 1, 0, "examples: must be at least 1, got 0"),
        (PlateauSpec(action="grow"), 8, None, "max_batch_size: is required for action='grow'"),
        (PlateauSpec(action="grow", max_batch_size=4), 8, 96, "at least the initial batch size 8, got 4"),
    ],
)
def test_an_impossible_start_is_refused(spec, batch_size, examples, message):
    with pytest.raises(ValueError, match=message):
        PlateauState.start(spec, batch_size, examples)
