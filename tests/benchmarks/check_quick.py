"""The benchmarks that take minutes even with `--quick`: `make benchmark-test`.

No part of the ordinary suite: pytest does not collect files of this name.
"""

from pathlib import Path

import pytest

from tests.benchmarks.test_quick import EXPENSIVE, check, run
from tests.engines import jars


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory) -> tuple[list[str], Path]:
    """What the benchmark of pipelines prints, and the workspace of ours."""
    folder = tmp_path_factory.mktemp("pipelines")
    return run("pipeline", "--keep", folder), folder / "ours-1"


def test_pipeline(pipelines):
    lines, _ = pipelines
    check(lines)


def test_predict(pipelines):
    _, workspace = pipelines  # a model of the trips is there
    check(run("predict", "--workspace", workspace))


@pytest.mark.parametrize("name", sorted(EXPENSIVE))
def test_a_quick_run_prints_a_table(name):
    if name == "engines" and (reason := jars.missing("flink")):
        pytest.skip(reason)
    check(run(name))


def test_scale():
    lines = run("scale")
    check(lines)
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    heading, _, four, *components = cells
    assert [len(row) for row in (four, *components[:4])] == [len(heading)] * 5  # both sides have them
    assert [row[0] for row in components[:4]] == ["ExampleGen", "StatisticsGen", "Transform", "Evaluator"]
    assert sum(float(row[3]) for row in components[:4]) == pytest.approx(float(four[3]), abs=0.3)
    assert max(float(row[5].replace(",", "")) for row in components[:4]) > 100  # MB


def test_tables():
    lines = run("tables")
    check(lines)
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in lines
        if line.startswith("| breast")
    ]
    accuracy, _, auc, *_ = (list(map(float, row[1:])) for row in rows[:3])
    assert len(accuracy) == 2  # ours and the linear model
    assert min(accuracy) > 0.85
    assert min(auc) > 0.95
