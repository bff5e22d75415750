"""The fault table of trials on this machine, with real processes and real signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reactive_schedules.search.executor import machine
from reactive_schedules.search.executor.coordinator import MAX_STARTS, Coordinator, WorkerEnded
from reactive_schedules.search.executor.journal import LOGS, Journal
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials
from tests.reactive_schedules.search.executor.trials import ask

SILENCE_S = 1.0


@pytest.fixture
def coordinate(tmp_path):
    """Makes a coordinator whose journal is in the test's folder."""

    def make(processes: int = 1, watch=lambda running, results: None, **setting) -> Coordinator:
        work = Work(trials.FUNCTION, {"folder": str(tmp_path), **setting})
        return Coordinator(work, Journal(tmp_path / "journal"), None, processes, watch, SILENCE_S)

    return make


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in (
            "Z",
            "X",
        )
    except OSError:
        return False


def wait_until(condition) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("processes", [2, 3])
def test_any_number_of_processes_gives_the_same_results(coordinate, alone, processes):
    with coordinate(processes) as coordinator:
        found = coordinator.run([ask(number) for number in range(1, 6)])
    assert [result["number"] for result in found] == [1, 2, 3, 4, 5]
    assert {result["number"]: result["executions"] for result in found} == alone
    assert {(result["threads"], result["processor"]) for result in found} == {(1, machine.processor())}


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    "fault", ["dies_once", "exits_once", "freezes_once", "waits_once", "leaves_child_once"]
)
def test_a_trial_whose_process_is_lost_goes_on_in_another(coordinate, alone, tmp_path, fault, processes):
    with coordinate(processes) as coordinator:
        found = coordinator.run([ask(1), ask(2, **{fault: 3}), ask(3)])
    assert {result["number"]: result["executions"] for result in found}.items() <= alone.items()
    logs = tmp_path / "journal" / LOGS
    assert sorted(file.name for file in logs.iterdir()) == [
        "trial-0001-attempt-1.log",
        "trial-0002-attempt-1.log",
        "trial-0002-attempt-2.log",
        "trial-0003-attempt-1.log",
    ]
    assert "trial 2 begins after epoch 3" in (logs / "trial-0002-attempt-2.log").read_text()
    lost, finished = found[1]["attempts"]
    assert {lost["worker"], finished["worker"]} <= set(range(1, processes + 1))
    assert (lost["epochs"], finished["epochs"], finished["end"]) == (0, 3, "finished")
    assert lost["end"].startswith("the process of the trial")


def test_a_trial_that_ends_its_process_three_times_has_failed_and_the_others_go_on(
    coordinate, alone, tmp_path
):
    with coordinate() as coordinator:
        first, deadly, last = coordinator.run([ask(1), ask(2, dies=4, dies_once=2), ask(3)])
    assert (deadly["score"], deadly["executions"]) == (None, [])
    assert deadly["error"] == (
        "WorkerEnded: the trial ended its process 3 times after epoch 3; the process of the trial was killed by "
        "SIGKILL; the machine may have run out of memory"
    )
    assert (first["executions"], last["executions"]) == (alone[1], alone[3])
    assert [each["end"][-9:] for each in deadly["attempts"]] == ["of memory"] * 4
    # The death after epoch 2 did not count, because another epoch was finished since.
    assert len([*(tmp_path / "journal" / LOGS).glob("trial-0002-*")]) == 4
    assert not [*tmp_path.glob("journal/trial-0002-*/[0-9]*")]


def test_a_trial_that_stops_responding_three_times_has_failed(coordinate):
    with coordinate() as coordinator:
        (frozen,) = coordinator.run([ask(1, freezes=2)])
    assert "3 times after epoch 1; the process of the trial gave no sign of life for" in frozen["error"]


def test_an_idle_process_that_dies_is_replaced(coordinate, alone, tmp_path):
    with coordinate() as coordinator:
        coordinator.run([ask(1)])
        os.kill(int((tmp_path / "pid-1").read_text(encoding="utf-8")), signal.SIGKILL)
        (found,) = coordinator.run([ask(2)])
    assert found["executions"] == alone[2]


def test_an_interrupt_ends_the_processes_and_blames_no_trial(coordinate, alone, tmp_path):
    def interrupt(running, results):
        if any(each.epochs for each in running):
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt), coordinate(2, interrupt, epoch_s=0.2) as coordinator:
            coordinator.run([ask(1), ask(2)])
        pids = [int(file.read_text(encoding="utf-8")) for file in tmp_path.glob("pid-*")]
        assert not any(map(is_running, pids))
    with coordinate(2) as coordinator:
        found = coordinator.run([ask(1), ask(2)])
    assert {result["number"]: result["executions"] for result in found}.items() <= alone.items()
    for result in found:
        assert [each["end"] for each in result["attempts"]] == ["interrupted"] * 3 + ["finished"]


def test_processes_leave_at_the_end_of_the_search(coordinate, tmp_path):
    with coordinate(2) as coordinator:
        coordinator.run([ask(1), ask(2)])
        processes = [worker._process for worker in coordinator._workers]
    assert [process.returncode for process in processes] == [0] * len(processes)


def test_processes_that_keep_memory_are_replaced(coordinate, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: 300 * 2**20)
    pids = []
    with coordinate() as coordinator:
        for number in range(1, 5):
            (found,) = coordinator.run([ask(number, grows=1)])
            assert found["error"] is None
            pids.append((tmp_path / f"pid-{number}").read_text(encoding="utf-8"))
    # The first trial of a process is not counted, the second adds 100 MiB.
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_what_prevents_all_trials_is_raised_as_it_is(coordinate):
    with (
        pytest.raises(trials.Unusable, match="data.path: has no rows"),
        coordinate(fault="raises") as coordinator,
    ):
        coordinator.run([ask(1)])


def test_processes_that_die_before_they_are_ready_end_the_search(coordinate):
    with (
        pytest.raises(WorkerEnded, match=f"{MAX_STARTS} processes in a row could not begin: .*SIGKILL"),
        coordinate(fault="dies") as coordinator,
    ):
        coordinator.run([ask(1)])


def search(folder: Path, processes: int, epoch_s: float = 0, *fault) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.reactive_schedules.search.executor.searching"]
    return subprocess.Popen([*command, folder, *map(str, (processes, epoch_s, *fault))])


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_search_keeps_finished_trials_and_goes_on(tmp_path, alone, processes):
    journal = Journal(tmp_path / "journal")
    first = search(tmp_path, processes, 0.1)
    wait_until(journal.results)
    wait_until(lambda: len(list(tmp_path.glob("pid-*"))) > processes)
    first.kill()
    first.wait()
    pids = [int(file.read_text(encoding="utf-8")) for file in tmp_path.glob("pid-*")]
    wait_until(lambda: not any(map(is_running, pids)))  # they notice that their connection is closed
    kept = {result["number"] for result in journal.results()}
    logs = {file.name for file in (journal.folder / LOGS).iterdir()}
    assert search(tmp_path, processes).wait() == 0
    assert {result["number"]: result["executions"] for result in journal.results()}.items() <= alone.items()
    assert len(journal.results()) == 3
    again = {file.name for file in (journal.folder / LOGS).iterdir()} - logs
    assert not any(name.startswith(f"trial-{number:04d}") for name in again for number in kept)


def test_a_process_that_wakes_up_when_its_search_goes_on_elsewhere_changes_nothing(tmp_path, alone):
    journal = Journal(tmp_path / "journal")
    first = search(tmp_path, 1, 0, "freezes_once", 3)
    wait_until((tmp_path / "freezes_once-2").exists)
    frozen = int((tmp_path / "pid-2").read_text(encoding="utf-8"))
    wait_until(
        lambda: Path(f"/proc/{frozen}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
    )
    first.kill()
    first.wait()
    assert search(tmp_path, 1).wait() == 0
    before = {file: file.read_bytes() for file in journal.folder.rglob("*.json")}
    os.kill(frozen, signal.SIGCONT)
    wait_until(lambda: not is_running(frozen))
    assert {file: file.read_bytes() for file in journal.folder.rglob("*.json")} == before
    assert {result["number"]: result["executions"] for result in journal.results()}.items() <= alone.items()


def test_a_process_imports_only_what_its_trials_need():
    code = (
        "import sys, reactive_schedules.search.executor.child, reactive_schedules.search.executor.coordinator; "
        "sys.exit(len({'keras', 'keras_tuner', 'tensorflow', 'tfx'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
