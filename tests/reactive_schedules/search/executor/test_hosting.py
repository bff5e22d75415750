"""Workers on other machines that find a search in a store, as pods do: real processes, a real scheduler with TLS."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reactive_schedules.search.executor import rendezvous, supervisor
from reactive_schedules.search.executor.hosting import hosted
from reactive_schedules.search.executor.rendezvous import Announcement
from reactive_schedules.search.executor.store import Store
from tests.conftest import ROOT
from tests.reactive_schedules.search.executor import hosting
from tests.reactive_schedules.search.executor.trials import ask

SERVE = """
import sys
from pathlib import Path
from reactive_schedules.search.executor import store, supervisor
place, name, log, data = sys.argv[1:]
supervisor.serve(store.Store(place), name, Path(log), wait_s=300, tick_s=0.2, folders=[data])
"""


@pytest.fixture
def uri(tmp_path) -> str:
    return f"file://{tmp_path}/store"


def data(folder: Path, name: str) -> Path:
    """The inputs of the search, as something else has brought them to a machine."""
    place = folder / f"data-of-{name}"
    place.mkdir(exist_ok=True)
    (place / "rows").write_text("1", encoding="utf-8")
    return place


@pytest.fixture
def pods(tmp_path, uri):
    """Starts supervisors, each of which is a pod: when it is killed, so is its worker."""
    started = []

    def start(count: int) -> list[subprocess.Popen]:
        for number in range(len(started) + 1, len(started) + count + 1):
            name = f"pod-{number}"
            log = tmp_path / f"{name}.log"
            command = [sys.executable, "-c", SERVE, uri, name, log, data(tmp_path, name)]
            started.append(
                subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, text=True)
            )
        return started

    yield start
    for pod in started:
        kill(pod)


def kill(pod: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pod.pid, signal.SIGKILL)
    pod.wait()


def wait_until(condition, limit_s: float = 300.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def results(folder: Path) -> dict[int, list]:
    found = [json.loads(file.read_bytes()) for file in folder.glob("journal/*/result.json")]
    return {result["number"]: result["executions"] for result in found}


def begun(folder: Path) -> list[Path]:
    """What trials leave when they begin, in whatever process."""
    return [*folder.glob("pid-*")]


def test_pods_run_the_trials_and_leave_when_the_search_has_ended(pods, uri, tmp_path, alone):
    """Also when one of them is killed, and another comes late."""
    first, second = pods(2)
    coordinator = subprocess.Popen(
        [sys.executable, "-m", hosting.__name__, tmp_path, uri, "0.5", data(tmp_path, "coordinator")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(begun(tmp_path)) == 2)
    kill(first)
    (*_, third) = pods(1)
    assert coordinator.wait(300) == 0, coordinator.stderr.read()
    assert [pod.wait(120) for pod in (second, third)] == [0, 0]
    assert results(tmp_path).items() <= alone.items()
    assert len(results(tmp_path)) == 4
    # Each read what it had; none of it went through the store.
    read = {Path(line).name for line in (tmp_path / "read").read_text(encoding="utf-8").split()}
    assert {"data-of-pod-1", "data-of-pod-2"} <= read <= {f"data-of-pod-{number}" for number in (1, 2, 3)}
    assert not [*(tmp_path / "store/journal/inputs").rglob("rows")]


def test_a_search_that_comes_back_at_another_address_finds_its_pods(pods, uri, tmp_path, alone):
    pods(2)
    command = [sys.executable, "-m", hosting.__name__, tmp_path, uri, "0.5", data(tmp_path, "coordinator")]
    killed = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    stored = tmp_path / "store"
    wait_until(lambda: results(stored))
    kill(killed)
    finished = results(stored)
    address = rendezvous.announced(Store(uri)).address
    # On another machine, which has nothing but the store.
    (tmp_path / "journal").rename(tmp_path / "journal of the dead")
    again = subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    assert again.returncode == 0
    assert rendezvous.announced(Store(uri)).address == "" != address
    assert [pod.wait(120) for pod in pods(0)] == [0, 0]
    assert results(tmp_path).items() <= alone.items()
    trained = {int(log.name.split("-")[1]) for log in (tmp_path / "journal/logs").iterdir()}
    assert not finished.keys() & trained


def test_without_pods_the_search_runs_its_trials_itself(uri, tmp_path, alone):
    found = hosting.search(tmp_path, uri, 0.0, data(tmp_path, "coordinator"), [ask(1), ask(2)], nobody_s=0.5)
    assert {result["number"]: result["executions"] for result in found}.items() <= alone.items()


def test_pods_fail_with_their_search(pods, uri, tmp_path):
    """A pod that succeeded would be served from the cache, and not be there when the search is repeated."""
    (pod,) = pods(1)
    with pytest.raises(ZeroDivisionError), hosted(Store(uri)):
        raise ZeroDivisionError
    _, said = pod.communicate(timeout=120)
    assert pod.returncode == 1
    assert said.splitlines()[-1].endswith("SearchFailed: the search has failed; see the log of the Tuner")


def test_nobody_waits_for_ever(uri, tmp_path):
    store, log = Store(uri), tmp_path / "log"
    supervisor.serve(store, "pod", log, wait_s=0.2, tick_s=0.05)
    # What a search has announced that was killed; nobody listens at its address.
    rendezvous.announce(store, Announcement("tls://127.0.0.1:9", "no certificate", "no key"))
    with pytest.raises(supervisor.CoordinatorGone, match="the search gave no sign of life for 1 s"):
        supervisor.serve(store, "pod", log, wait_s=0.6, tick_s=0.05)


def test_an_announcement_is_read_whole_or_not_at_all(uri):
    store, said = Store(uri), Announcement("tls://192.0.2.1:8786", "certificate", "key")
    assert rendezvous.announced(store) is None
    rendezvous.announce(store, said)
    assert rendezvous.announced(store) == said
    rendezvous.announce(store, said.again())
    assert rendezvous.announced(store).beat == 1
    rendezvous.announce(store, said.ended("finished"))
    assert "certificate" not in store.get("coordinator.json").decode().replace('"certificate": ""', "")
    store.put("coordinator.json", b'{"address": "tls:')
    assert rendezvous.announced(store) is None
