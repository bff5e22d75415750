"""Stages whose worker processes end before their trials do."""

import signal
import subprocess
import sys

import apache_beam as beam
import pytest

from components.tuner import stage
from components.tuner.journal import Journal
from components.workers.runner import WorkerEnded
from reactive_schedules.search.searcher import Ask

SUCCESS = {"error": None, "score": 0.5, "seconds": 1.0, "executions": []}


class Pipeline:
    """Stands in for Beam's pipeline, whose runner does all the work at the end."""

    def __init__(self, work):
        self._work = work

    def __enter__(self):
        return self

    def __or__(self, _):
        return self

    def __exit__(self, *_):
        self._work()


def ask(number: int) -> Ask:
    return Ask(f"{number:04d}", number, {"a": number}, until=None, rung=None, parent=None)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


def die(journal: Journal, asked: Ask) -> int:
    """Starts a process that is killed in a trial; returns its id."""
    lines = [
        "import os, signal",
        "from components.tuner.journal import Journal",
        "from reactive_schedules.search.searcher import Ask",
        f"with Journal({str(journal.folder)!r}).training({asked!r}, 0):",
        "    os.kill(os.getpid(), signal.SIGKILL)",
    ]
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)]) as process:
        assert process.wait() == -signal.SIGKILL
    return process.pid


def run(journal: Journal, asks: list[Ask], *works) -> None:
    """Runs a stage whose pipelines do `works`, one after the other."""
    pipelines = map(Pipeline, works)
    stage.run(lambda: next(pipelines), beam.DoFn(), asks, journal, lambda: None)


def test_only_the_trial_of_the_worker_that_died_has_failed(journal):
    first, second = ask(1), ask(2)

    def both_die():
        pid = die(journal, first)
        die(journal, second)  # ended by the runner
        raise WorkerEnded("it was killed", pid)

    run(journal, [first, second], both_die, lambda: journal.write(second, SUCCESS))
    assert journal.result(first)["error"] == "WorkerEnded: it was killed"
    assert journal.result(second)["score"] == 0.5


def test_a_process_of_an_earlier_run_may_have_had_the_same_id(journal):
    first, second = ask(1), ask(2)
    die(journal, first)  # with the pipeline
    (starts,) = journal.folder.glob("trial-*/starts")

    def dies():
        pid = die(journal, second)
        starts.write_text(f"0 {pid}\n")
        raise WorkerEnded("it was killed", pid)

    run(journal, [first, second], dies, lambda: journal.write(first, SUCCESS))
    assert journal.result(first)["score"] == 0.5
    assert journal.result(second)["error"] == "WorkerEnded: it was killed"


def test_a_trial_that_was_run_again_by_the_runner_keeps_its_result(journal):
    def tries_again():
        die(journal, ask(1))
        with journal.training(ask(1), 0):
            journal.write(ask(1), SUCCESS)

    run(journal, [ask(1)], tries_again)
    assert journal.result(ask(1))["score"] == 0.5


def test_workers_that_end_before_they_start_a_trial_fail_the_stage(journal):
    def ends():
        raise WorkerEnded("it has no room", 7)

    with pytest.raises(WorkerEnded, match="it has no room"):
        run(journal, [ask(1)], *[ends] * stage.MAX_BEGINS)
