"""The fault table of a search in three pods of Kubeflow: the replay of KFP with real processes.

All searches are compared with one in the Tuner's pod. Limits are shorter than the defaults, by the variables that users
have for them, and still generous, because machines can lose most of their CPU for minutes.
"""

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.kubeflow import pod
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import Run
from tests.kubeflow.searching import as_trained, searching

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root"),
]

SEARCH = {"trials": 4, "epochs": 6, "folds": 0}
PODS = 3
WORKERS = [f"TrialWorker-{number}" for number in range(1, PODS + 1)]

SILENCE_S = 20
FROZEN_S = 90


@pytest.fixture(scope="module", autouse=True)  # before the fixtures that run searches
def _long(request):
    if request.config.getoption("--kills") < 20:
        pytest.skip("minutes: part of make kill-test")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


class Gate:
    """Whether there is room for the pods of workers: what the test says."""

    def __init__(self) -> None:
        self.is_open: Callable[[], bool] = lambda: True

    def __call__(self, name: str) -> bool:
        return name not in WORKERS or self.is_open()


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, store, gate) -> Cluster:
    return Cluster(tmp_path_factory.mktemp("kubeflow"), claims={"workspace": store}, scheduled=gate)


@pytest.fixture(scope="module")
def alone(cluster) -> dict:
    """The study of the search in one pod."""
    return as_trained(study(cluster, ran(cluster, searching(0, **SEARCH))))


def ran(cluster: Cluster, package: str) -> Run:
    """A run that has succeeded."""
    run = cluster.run(package, workers=PODS + 1)
    print(f"\n{run.table()}")
    assert run.failure() == ""
    return run


def study(cluster: Cluster, run: Run) -> dict:
    folder = cluster.objects.path(run.tasks["Tuner"].outputs["study"].uri)
    return json.loads((folder / "study.json").read_bytes())


def places(found: dict) -> list[list]:
    """Where each trial ran, attempt by attempt: a number in the Tuner's pod, a name in those of workers."""
    return [[attempt["worker"] for attempt in trial["attempts"]] for trial in found["trials"]]


def processes(component: str) -> list[psutil.Process]:
    """All processes in the pod of a task."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "pipeline.kubeflow.entry" in command and component in command:
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [*process.children(recursive=True), process]
    return found


def send(component: str, number: signal.Signals) -> None:
    for process in processes(component):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def begun(store: Path, component: str = "") -> Callable[[], bool]:
    """Whether a search is running and has given a trial to a pod, or to any."""

    def holds() -> bool:
        workers = []
        for file in store.glob("store/digits/*/search/*/*/attempts.json"):
            with contextlib.suppress(ValueError, FileNotFoundError):  # being written, or at its end
                workers += [str(attempt["worker"]) for attempt in json.loads(file.read_bytes())]
        return any(worker.startswith(component) for worker in workers)

    return holds


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 900
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def meanwhile(action: Callable[[], None]):
    """Does something while the block runs; it has to have been done in the end."""
    errors = []

    def act() -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    yield
    thread.join(FROZEN_S + 30)
    assert not thread.is_alive()
    assert not errors


def test_killed_pods_cost_time_and_nothing_else(cluster, store, alone):
    """A worker's pod and then the Tuner's, each with an empty disk when it comes back; the Tuner at another address.

    In the end, all comes from the cache; one more worker, which does not, waits for a while and leaves.
    """

    def strike() -> None:
        wait_until(begun(store, "TrialWorker-1"))
        send("TrialWorker-1", signal.SIGKILL)
        wait_until(lambda: [*store.glob("store/digits/*/search/*/*/result.json")])
        send("Tuner", signal.SIGKILL)

    with meanwhile(strike):
        run = ran(cluster, searching(PODS, cached=True, **SEARCH))
    assert [run.tasks[name].attempts for name in ("TrialWorker-1", "Tuner")] == [2, 2]
    assert as_trained(study(cluster, run)) == alone
    more = searching(PODS + 1, cached=True, environment={"SEARCH_WAIT_S": "10"}, **SEARCH)
    states = {name: task.state for name, task in ran(cluster, more).tasks.items()}
    assert states.pop(f"TrialWorker-{PODS + 1}") == "Succeeded"
    assert set(states.values()) == {"Cached"}


def test_a_frozen_pod_loses_its_trial_and_leaves_without_an_error_when_it_wakes_up(cluster, store, alone):
    def freeze() -> None:
        wait_until(begun(store, "TrialWorker-1"))
        send("TrialWorker-1", signal.SIGSTOP)
        time.sleep(FROZEN_S)
        send("TrialWorker-1", signal.SIGCONT)

    with meanwhile(freeze):
        short = {"SEARCH_SILENCE_S": str(SILENCE_S)}
        run = ran(cluster, searching(PODS, environment=short, **SEARCH))
    found = study(cluster, run)
    assert as_trained(found) == alone
    assert {task.attempts for task in run.tasks.values() if task.state != "Cached"} == {1}
    ends = [str(attempt["end"]) for trial in found["trials"] for attempt in trial["attempts"]]
    assert any("it gave no sign of life for 20 s" in end for end in ends)


def test_a_trial_that_ends_its_process_three_times_has_failed_and_the_run_succeeds(cluster):
    model = {
        "build": "tests.components.user_models.deadly",
        "hyperparameters": {"width": 8},
    }
    space = {"model": {"width": [8, 13]}, "learning_rate": {"peak": {"low": 0.01, "high": 0.1, "log": True}}}
    search = {**SEARCH, "epochs": 2, "space": space}
    expected = as_trained(study(cluster, ran(cluster, searching(0, model=model, **search))))
    failed = [trial["error"] for trial in expected["trials"] if trial["error"]]
    assert failed
    assert all("the trial ended its process 3 times in the first epoch" in error for error in failed)
    found = study(cluster, ran(cluster, searching(PODS, model=model, **search)))
    assert as_trained(found) == expected


def test_pods_that_come_late_take_the_trials_from_the_tuner(cluster, store, gate, alone):
    """There is room for them only when the Tuner has waited for too long, and has begun."""
    gate.is_open = begun(store)
    try:
        short = {"SEARCH_SILENCE_S": str(SILENCE_S)}
        found = study(cluster, ran(cluster, searching(PODS, environment=short, **SEARCH)))
    finally:
        gate.is_open = lambda: True
    assert as_trained(found) == alone
    assert 1 in {place for each in places(found) for place in each}


def test_nobody_comes(cluster, store, gate, alone):
    """There is room for the workers only when the search has ended; then they leave at once, without an error."""
    seen = []

    def is_over() -> bool:
        seen.extend([True] if begun(store)() else [])
        return bool(seen) and not processes("Tuner")

    gate.is_open = is_over
    try:
        short = {"SEARCH_SILENCE_S": str(SILENCE_S)}
        run = ran(cluster, searching(PODS, environment=short, **SEARCH))
    finally:
        gate.is_open = lambda: True
    found = study(cluster, run)
    assert as_trained(found) == alone
    assert {place for each in places(found) for place in each} == {1}
