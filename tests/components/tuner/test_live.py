"""What a search shows while it runs."""

import contextlib
import json

import pytest

from components.artifacts import STUDY_PAGE_FILE
from components.tuner import live
from components.tuner.progress import ConsoleLine
from reactive_schedules.search.progress import FILE, Progress, Trial
from reactive_schedules.search.study import study_record
from tests.reactive_schedules.search.test_study import TRAINING, result

RESULTS = [result(2, 3, 0, [0.5, 0.4, 0.3]), result(1, 3, 0, [0.6, 0.5, 0.4])]


def progress(epoch: int | None, processes: int = 1) -> Progress:
    running: list[Trial] = [
        {
            "number": 2 + worker,
            "rung": 0,
            "worker": worker,
            "attempt": 1,
            "epoch": epoch,
            "epochs": 3,
            "score": None,
            "fold": None,
        }
        for worker in range(1, processes + 1)
    ]
    return {
        "objective": "val_loss",
        "trials": 9,
        "done": 2,
        "failed": 0,
        "reason": None,
        "running": running,
        "best": {"number": 2, "score": 0.3},
        "confirmations": 0,
        "confirmed": 0,
    }


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Shows a search without waiting between two writes."""
    monkeypatch.setattr(live, "FILE_EVERY_S", 0.0)
    monkeypatch.setattr(live, "PAGE_EVERY_S", 0.0)
    monkeypatch.setattr(live, "PAGE_SHARE", 1e9)

    def record(results) -> dict:
        return study_record({}, TRAINING, ("val_loss", "min"), results)

    return live.Live(tmp_path / "journal", tmp_path / "study", record)


def test_file_and_page_follow_the_search(shown, tmp_path):
    file, page = tmp_path / "journal" / FILE, tmp_path / "study" / STUDY_PAGE_FILE
    shown(progress(None), [])
    assert json.loads(file.read_text()) == {"page": str(page), **progress(None)}
    assert "No trial has a score yet." in page.read_text()
    shown(progress(1), RESULTS)
    assert json.loads(file.read_text())["running"][0]["epoch"] == 1
    assert "2 of 9 trials so far" in page.read_text()
    assert 'http-equiv="refresh"' in page.read_text()
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()].count(FILE) == 1


def test_nothing_is_written_that_has_not_changed(shown, tmp_path):
    shown(progress(1), RESULTS)
    for file in (tmp_path / "journal" / FILE, tmp_path / "study" / STUDY_PAGE_FILE):
        file.unlink()
    shown(progress(1), RESULTS)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_page_that_cannot_be_drawn_does_not_stop_the_search(tmp_path, shown, monkeypatch):
    (tmp_path / "study").write_text("a file where the folder should be")
    shown(progress(1), RESULTS)
    assert (tmp_path / "journal" / FILE).exists()


@pytest.mark.parametrize(
    ("processes", "line"),
    [
        (1, "trial 3 of 9, rung 0, epoch 1 of at most 3, best val_loss 0.3 (trial 2)"),
        (
            2,
            "2 of 9 trials, running trial 3, rung 0, epoch 1 of at most 3 (process 1); trial 4, rung 0, epoch 1 of at "
            "most 3 (process 2), best val_loss 0.3 (trial 2)",
        ),
    ],
)
def test_the_console_says_what_is_new(caplog, processes, line):
    caplog.set_level("INFO", logger="progress")
    console = ConsoleLine(processes)
    begun: Progress = {**progress(None, 0), "done": 0, "best": None}
    console(begun)
    for _ in range(2):
        console(progress(1, processes))
    assert caplog.messages == ["0 of 9 trials", line]
    ConsoleLine(1)(progress(1))
    assert caplog.messages[-1].startswith("resumed after 2 trials: trial 3 of 9")


def test_what_was_done_is_kept_when_the_search_is_interrupted(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "FILE_EVERY_S", 1e9)
    with contextlib.suppress(KeyboardInterrupt), shown:
        shown({**progress(None), "done": 0}, [])
        shown(progress(1), RESULTS)
        raise KeyboardInterrupt
    left = json.loads((tmp_path / "journal" / FILE).read_text())
    assert (left["done"], left["running"]) == (2, [])


def test_a_reason_that_several_trials_failed_for_is_said_once(caplog):
    caplog.set_level("INFO", logger="progress")
    console = ConsoleLine(1)
    for failed in (2, 3):
        console({**progress(failed), "failed": failed, "reason": f"{failed} trials failed: no room: at all"})
    said = [message for message in caplog.messages if "no room" in message]
    assert said == ["2 trials failed: no room: at all"]
