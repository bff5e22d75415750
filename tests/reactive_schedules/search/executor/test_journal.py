import numpy as np

from reactive_schedules.search.executor.journal import FINISHED, INTERRUPTED, Journal
from reactive_schedules.search.searcher import Ask
from reactive_schedules.training.checkpoint import Checkpoints

ASK = Ask("0001", 1, {"learning_rate.peak": 0.05}, until=2, rung=0, parent=None)


def save(folder, epoch: int) -> None:
    saved = Checkpoints(folder / "execution-0")
    saved.save({"state": np.array(epoch)}, {"progress": {"epoch": epoch}})
    saved.wait()


def epochs_of(attempt) -> int:
    found = Checkpoints(attempt.folder / "execution-0").load()
    assert found
    assert found[0]["state"] == found[1]["progress"]["epoch"]
    return found[1]["progress"]["epoch"]


def test_a_damaged_result_is_unknown_and_computed_again(tmp_path):
    journal = Journal(tmp_path)
    journal.write(ASK, {"score": 0.5})
    assert journal.result(ASK)["score"] == journal.results()[0]["score"] == 0.5
    (file,) = tmp_path.glob("*/rung-0.json")
    for damaged in (b"", b"{", file.read_bytes()[:-1]):  # as a power cut leaves a file that was not flushed
        file.write_bytes(damaged)
        assert journal.result(ASK) is None
        assert journal.results() == []
    journal.write(ASK, {"score": 0.25})
    assert journal.result(ASK)["score"] == 0.25


def test_an_attempt_begins_with_the_newest_epoch_of_any_earlier_one(tmp_path):
    journal = Journal(tmp_path)
    first = journal.begin(ASK, 1)
    save(first.folder, 1)
    save(first.folder, 2)
    second = journal.begin(ASK, 1)
    assert (second.number, epochs_of(second)) == (2, 2)
    assert not first.folder.exists()

    # The first, which was given up, goes on; nothing of it reaches the second.
    for epoch in (3, 4):
        save(first.folder, epoch)
    assert epochs_of(second) == 2
    save(second.folder, 3)
    third = journal.begin(ASK, 1)
    assert (third.number, epochs_of(third)) == (3, 4)


def test_checkpoints_are_linked_and_never_changed(tmp_path):
    journal = Journal(tmp_path)
    first = journal.begin(ASK, 1)
    save(first.folder, 1)
    newest = (first.folder / "execution-0" / "newest.npz").stat().st_ino
    second = journal.begin(ASK, 1)
    assert (second.folder / "execution-0" / "newest.npz").stat().st_ino == newest
    save(second.folder, 2)
    save(second.folder, 3)
    assert epochs_of(second) == 3


def test_an_attempt_of_a_coordinator_that_died_takes_no_number_twice(tmp_path):
    journal = Journal(tmp_path)
    begun = journal.begin(ASK, 1)
    (begun.folder.parent / "attempts.json").unlink()  # as if it had died just before
    assert journal.begin(ASK, 1).number == 2
    assert journal.deaths(ASK) == (0, 2)


def test_attempts_say_where_they_ran_and_how_they_ended(tmp_path):
    journal = Journal(tmp_path)
    assert journal.attempts(ASK) == []
    first = journal.begin(ASK, 1)
    save(first.folder, 1)
    journal.end(ASK, first, "killed by SIGKILL")
    second = journal.begin(ASK, 2)
    assert journal.deaths(ASK) == (1, 2)  # the second, too, unless it ends otherwise
    journal.end(ASK, second, INTERRUPTED)
    assert journal.deaths(ASK) == (1, 1)
    third = journal.begin(ASK, 1)
    journal.end(ASK, third, FINISHED)
    assert journal.attempts(ASK) == [
        {"worker": 1, "epochs": 0, "end": "killed by SIGKILL"},
        {"worker": 2, "epochs": 1, "end": "interrupted"},
        {"worker": 1, "epochs": 1, "end": "finished"},
    ]
