"""KFP's own driver and launcher do what the replay does, with the recorded tasks and with the digits."""

from collections.abc import Iterator

import pytest

from tests.kubeflow import pod
from tests.kubeflow.programs.cluster import Programs, release
from tests.kubeflow.recording import OUTCOMES, PACKAGE, ended_as_recorded
from tests.kubeflow.run import Run
from tests.kubeflow.shell import ELSEWHERE, ends_elsewhere

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


@pytest.fixture(scope="module")
def recorded(programs, tmp_path_factory) -> Iterator[tuple[str, Programs, Run]]:
    cluster = Programs(programs, tmp_path_factory.mktemp("recorded"), fail_fast=False)
    yield release(programs), cluster, cluster.run(PACKAGE)
    cluster.close()


@pytest.mark.parametrize("name", OUTCOMES["2.17.0"])
def test_task_ends_as_it_did(recorded, name):
    version, cluster, run = recorded
    ended_as_recorded(version, cluster, run, name)


@pytest.mark.parametrize("root", ELSEWHERE)
def test_a_root_in_another_bucket_finds_what_it_cannot_download(programs, tmp_path, root):
    cluster = Programs(programs, tmp_path / "cluster")
    assert ends_elsewhere(cluster, root) == ELSEWHERE[root]
    cluster.close()


SHORT = {"epochs": 2, "trials": 2}

UNCACHED = ["Baseline", "Evaluator", "Pusher", "Report"]
"""Tasks that read the workspace, and those that depend on them."""


@pytest.fixture(scope="module")
def digits(programs, tmp_path_factory, digits_package) -> Iterator[tuple[Programs, Run]]:
    """A run of the digits example."""
    folder = tmp_path_factory.mktemp("digits")
    (folder / "workspace").mkdir()
    claims, secrets = {"workspace": folder / "workspace"}, {"s3-credentials": {"accesskey": "a"}}
    cluster = Programs(programs, folder / "cluster", claims, secrets)
    run = cluster.run(digits_package, SHORT)
    print(f"\n{run.table()}")
    yield cluster, run
    cluster.close()


@pytest.mark.slow
def test_digits_run(digits):
    _, run = digits
    assert run.failure() == ""
    assert {(task.state, task.attempts) for task in run.tasks.values()} == {("Succeeded", 1)}
    properties = run.tasks["ExampleGen"].outputs["examples"].properties
    assert properties["split_names"] == '["eval", "test", "train"]'


@pytest.mark.slow
@pytest.mark.parametrize("root", [None, "minio://mlpipeline/elsewhere"])
def test_a_second_run_comes_from_the_cache_also_under_another_root_in_the_bucket(
    digits, digits_package, root
):
    cluster, _ = digits
    run = cluster.run(digits_package, SHORT, root=root)
    print(f"\n{run.table()}")
    assert run.failure() == ""
    assert sorted(name for name, task in run.tasks.items() if task.state != "Cached") == UNCACHED


@pytest.mark.slow
def test_another_bucket_typed_on_the_web_page_is_refused_before_anything_is_trained(digits, digits_package):
    cluster, _ = digits
    run = cluster.run(digits_package, SHORT, root="s3://other/v2")
    assert run.failure().endswith(
        "Baseline failed: pipeline root: this run keeps its artifacts in s3://other, but the package was compiled for "
        "minio://mlpipeline, where the cache has those of other runs; compile it again with --pipeline-root s3://other/…"
    )
    assert run.tasks["Trainer"].state in ("Cached", "Omitted")
