"""What the replay takes from the cache, with packages of shell commands."""

import pytest

from tests.kubeflow import pod
from tests.kubeflow.replay import Cluster
from tests.kubeflow.shell import ELSEWHERE, WRITE, container, ends_elsewhere, package, takes

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


def test_cache_is_asked_with_what_goes_into_a_task(tmp_path):
    cached = {"cachingOptions": {"enableCache": True}}
    cluster = Cluster(tmp_path)

    def states(word: str) -> list[str]:
        text = package(
            {
                "first": {"executor": container(WRITE, word), "task": cached},
                "second": {"executor": container(WRITE, "x"), "task": {**takes("first"), **cached}},
                "third": {"executor": container(WRITE, "x")},
            }
        )
        tasks = cluster.run(text).tasks
        return [tasks[name].state for name in ("first", "second", "third")]

    assert states("a") == ["Succeeded", "Succeeded", "Succeeded"]
    assert states("a") == ["Cached", "Cached", "Succeeded"]
    assert states("b") == ["Succeeded", "Succeeded", "Succeeded"]


@pytest.mark.parametrize("root", ELSEWHERE)
def test_a_root_in_another_bucket_finds_what_it_cannot_download(tmp_path, root):
    """The root is not part of the key of the cache."""
    assert ends_elsewhere(Cluster(tmp_path), root) == ELSEWHERE[root]
