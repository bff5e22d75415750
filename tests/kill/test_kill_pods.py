"""A search in pods of Kubeflow whose pods are killed: the replay of KFP with real processes."""

import contextlib
import json
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.kubeflow import pod
from tests.kubeflow.replay import Cluster, Run
from tests.kubeflow.searching import as_trained, searching

SEARCH = {"trials": 4, "epochs": 6}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, store) -> Cluster:
    return Cluster(tmp_path_factory.mktemp("kubeflow"), claims={"workspace": store})


def study(cluster: Cluster, run: Run) -> dict:
    folder = cluster.objects.path(run.tasks["Tuner"].outputs["study"].uri)
    return as_trained(json.loads((folder / "study.json").read_bytes()))


def kill(component: str) -> None:
    """Kills all processes in the pod of a task."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "pipeline.kubeflow.entry" in command and component in command:
            with contextlib.suppress(psutil.NoSuchProcess):
                for each in [*process.children(recursive=True), process]:
                    each.kill()


@pytest.mark.slow
@pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")
def test_killed_pods_cost_time_and_nothing_else(cluster, store, request):
    """A worker's pod and then the Tuner's, each with an empty disk when it comes back; the Tuner at another address."""
    if request.config.getoption("--kills") < 20:
        pytest.skip("minutes: part of make kill-test")
    alone = cluster.run(searching(0, **SEARCH))
    assert alone.failure() == ""
    killed = []

    def strike() -> None:
        for component, sign in (("TrialWorker-1", "attempts.json"), ("Tuner", "result.json")):
            deadline = time.monotonic() + 600
            while not [*store.glob(f"store/digits/*/search/*/*/{sign}")] and time.monotonic() < deadline:
                time.sleep(0.05)
            kill(component)
            killed.append(component)

    striking = threading.Thread(target=strike, daemon=True)
    striking.start()
    run = cluster.run(searching(2, cached=True, **SEARCH), workers=4)
    striking.join(10)
    print(f"\n{run.table()}")
    assert run.failure() == ""
    assert killed == ["TrialWorker-1", "Tuner"]
    assert run.tasks["Tuner"].attempts == 2
    assert study(cluster, run) == study(cluster, alone)
    again = cluster.run(searching(2, cached=True, **SEARCH), workers=4)
    assert {task.state for task in again.tasks.values()} == {"Cached"}
