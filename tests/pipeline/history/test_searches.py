import json

import pytest

from pipeline.history.records import Run, Step
from pipeline.history.searches import in_progress
from reactive_schedules.search.progress import FILE

PROGRESS = {
    "objective": "val_loss",
    "trials": 8,
    "done": 3,
    "failed": 0,
    "reason": None,
    "running": [
        {
            "number": 4,
            "rung": None,
            "worker": 1,
            "attempt": 1,
            "epoch": 5,
            "epochs": 30,
            "score": 0.31,
            "fold": None,
        }
    ],
    "best": {"number": 2, "score": 0.29},
    "confirmations": 0,
    "confirmed": 0,
}


def run(state: str, execution: int = 7, tuner: str = "running") -> Run:
    steps = [Step(execution, "Tuner", tuner, None, {}, {}, {})]
    return Run("r1", "1", "digits", 0.0, state, "", {}, steps)


@pytest.fixture
def workspace(tmp_path):
    """A workspace with the search of execution 7, whose page has been drawn, and a file of an earlier one."""
    tuner = tmp_path / "artifacts" / "digits" / "Tuner"
    for number, content in (
        (6, "{"),
        (7, json.dumps({"page": str(tuner / "study" / "7" / "study.html"), **PROGRESS})),
    ):
        folder = tuner / "checkpoints" / f"abc{number}"
        folder.mkdir(parents=True)
        (folder / FILE).write_text(content)
    (tuner / "study" / "7").mkdir(parents=True)
    (tuner / "study" / "7" / "study.html").touch()
    return tmp_path


def test_a_running_search_is_found_with_its_page(workspace):
    found = in_progress(workspace, run("running"))
    page = str(workspace / "artifacts/digits/Tuner/study/7/study.html")
    assert found == {**PROGRESS, "page": page}


def test_of_an_interrupted_search_only_what_is_done_counts(workspace):
    (workspace / "artifacts/digits/Tuner/study/7/study.html").unlink()
    assert in_progress(workspace, run("interrupted", tuner="interrupted")) == {
        **PROGRESS,
        "running": [],
        "page": "",
    }


@pytest.mark.parametrize(
    "other",
    [run("running", 8), run("done", 7, "done"), run("done", 7, "cached")],
    ids=["other", "done", "cached"],
)
def test_other_runs_have_no_search_in_progress(workspace, other):
    assert in_progress(workspace, other) is None
