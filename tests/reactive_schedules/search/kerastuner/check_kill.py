"""A search of `rs.ScheduleTuner` that is killed, and goes on: `make tuner-test`.

`python -m …check_kill FOLDER [TRIAL EPOCH]` runs the search; SIGKILL ends it when that epoch of that trial has been
trained, but not saved.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import reactive_schedules as rs
from reactive_schedules.training.checkpoint import Checkpoints
from tests.conftest import ROOT
from tests.reactive_schedules.search.kerastuner.problem import SPACE, SPEC, build, halving, scores, search

LOG = "epochs.txt"


class Killed(rs.ScheduleTuner):
    """Writes down each epoch that begins, and dies at the end of one."""

    dies_at: tuple[str, ...] = ()

    def on_epoch_begin(self, trial, model, epoch, logs=None):
        with Path(self.directory, LOG).open("a", encoding="utf-8") as log:
            log.write(f"{trial.trial_id} {epoch}\n")

    def on_epoch_end(self, trial, model, epoch, logs=None):
        if (trial.trial_id, str(epoch)) == self.dies_at:
            state = Checkpoints(Path(self.get_trial_dir(trial.trial_id), "state/execution-0"))
            while epoch and state.record()["progress"]["epoch"] < epoch:  # it is written by a thread
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)


def tuner(folder) -> Killed:
    return Killed(halving(), build, SPEC, SPACE, directory=folder)


def start(folder: Path, *dies_at: str) -> tuple[int, list[str]]:
    """Runs the search in another process; returns its exit code and the epochs that began."""
    (folder / LOG).unlink(missing_ok=True)
    command = [sys.executable, "-m", __name__, str(folder), *dies_at]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, (folder / LOG).read_text(encoding="utf-8").splitlines()


def test_a_killed_search_goes_on_from_finished_trials_and_the_last_epoch_of_the_running_one(tmp_path):
    """Killed in its first rung and in its last: 4 trials of 1 epoch, of which 2 go on to 2, and 1 of these to 4."""
    killed, alone = tmp_path / "killed", tmp_path / "alone"
    for folder in (killed, alone):
        folder.mkdir()
    found = [start(killed, "0002", "0"), start(killed, "0006", "3"), start(killed)]
    code, epochs = start(alone)
    assert [each for each, _ in found] == [-signal.SIGKILL, -signal.SIGKILL, code] == [-9, -9, 0]
    assert epochs == ["0000 0", "0001 0", "0002 0", "0003 0", "0004 1", "0005 1", "0006 2", "0006 3"]
    assert [each for _, each in found] == [epochs[:3], epochs[2:], epochs[-1:]]
    ours, theirs = tuner(killed), tuner(alone)
    for each in (ours, theirs):
        each.oracle.reload()
    assert scores(ours) == scores(theirs)
    assert ours.oracle.get_best_trials()[0].score == theirs.oracle.get_best_trials()[0].score


if __name__ == "__main__":
    made = tuner(sys.argv[1])
    made.dies_at = tuple(sys.argv[2:])
    search(made)
