"""When the replay tries a task again, with packages of shell commands."""

import pytest

from tests.kubeflow import pod
from tests.kubeflow.replay import Cluster
from tests.kubeflow.shell import WRITE, container, package

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


def retried(count: int, maximum: int | None = None, factor: float = 2) -> dict:
    policy = {"maxRetryCount": count, "backoffDuration": "10s", "backoffFactor": factor}
    return {"retryPolicy": policy | ({} if maximum is None else {"backoffMaxDuration": f"{maximum}s"})}


def test_failed_task_is_retried_in_a_new_pod(tmp_path):
    volume = tmp_path / "volume"
    volume.mkdir()
    script = (
        "ls /minio/bucket 2>/dev/null; " + WRITE + " && mkdir /data/$(ls /data | wc -l) && [ -d /data/2 ]"
    )
    mount = {
        "pvcNameParameter": {"runtimeValue": {"constant": "claim"}},
        "constant": "claim",
        "mountPath": "/data",
    }
    text = package(
        {"only": {"executor": container(script, "x"), "task": retried(count=3, maximum=60)}},
        platform={"exec-only": {"pvcMount": [mount]}},
    )
    run = Cluster(tmp_path / "cluster", claims={"claim": volume}).run(text)
    assert (run.tasks["only"].state, run.tasks["only"].attempts) == ("Succeeded", 3)
    assert "claim" in Cluster(tmp_path / "other").run(text).failure()


@pytest.mark.parametrize(
    ("seconds", "maximum", "attempts"),
    [
        (0, 600, 4),  # pauses of 10, 20 and 40 s
        (0, 60, 3),  # the third pause would end after 70 s
        (0, None, 1),  # not set is 0
        (300, 600, 2),  # the second is killed at 600 s, which began at 310
        (700, 600, 1),
        (700, 10**6, 4),
    ],
)
def test_argo_counts_the_longest_pause_from_the_start_of_the_first_attempt(
    tmp_path, seconds, maximum, attempts
):
    task = {"executor": container("exit 1"), "task": retried(3, maximum)}
    run = Cluster(tmp_path, lasting={"only": seconds}).run(package({"only": task}))
    assert (run.tasks["only"].state, run.tasks["only"].attempts) == ("Failed", attempts)
    killed = "failed to execute component: Pod was active on the node longer than the specified deadline"
    assert (run.tasks["only"].tried[-1].error == killed) == (seconds == 300)


def test_argo_takes_whole_factors(tmp_path):
    task = {"executor": container("exit 1"), "task": retried(3, 600, factor=1.5)}
    assert 'parsing "1.5": invalid syntax' in Cluster(tmp_path).run(package({"only": task})).failure()


def test_no_more_tasks_start_when_one_has_failed_for_good(tmp_path):
    text = package(
        {
            "a": {"executor": container("exit 1")},
            "b": {"executor": container("sleep 0.5")},
            "c": {"executor": container("true"), "task": {"dependentTasks": ["b"]}},
        }
    )
    states = {}
    for fail_fast in (True, False):
        run = Cluster(tmp_path / str(fail_fast), fail_fast=fail_fast).run(text, workers=2)
        states[fail_fast] = [run.tasks[name].state for name in "abc"]
    assert states == {True: ["Failed", "Succeeded", "Omitted"], False: ["Failed", "Succeeded", "Succeeded"]}
