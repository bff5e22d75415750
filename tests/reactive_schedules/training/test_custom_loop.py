import runpy
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "custom_loop.py"


def test_the_example_changes_rate_and_batch_in_one_trace():
    result = runpy.run_path(EXAMPLE)["main"]()
    assert result["traces"] == 1
    kinds = [decision.kind for decision in result["decisions"]]
    assert {"grow", "decay"} <= {*kinds}
    assert len({*result["batch_size"]}) > 2
    cut = next(decision for decision in result["decisions"] if decision.kind == "decay")
    before, after = result["rate"][cut.epoch], result["rate"][cut.epoch + 1]
    assert after < 0.25 * before  # the cut, and the schedule's own course
    assert result["accuracy"] > 0.95
