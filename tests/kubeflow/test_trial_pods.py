"""A search whose trials run in pods of their own, as Kubeflow Pipelines runs it."""

import json

import pytest

from pipeline.config.errors import ConfigError
from tests.kubeflow import pod
from tests.kubeflow.conftest import PIPELINE_ROOT
from tests.kubeflow.package import Package
from tests.kubeflow.searching import as_trained, package, searching

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SECRET_ACCESS_KEY")


def with_secret(*variables: str) -> dict:
    """A section whose pods get variables from a Secret."""
    return {"defaults": {"secrets": [{"name": "s3", "env": {name.lower(): name for name in variables}}]}}


def test_workers_have_the_inputs_of_the_tuner_and_settings_of_their_own():
    own = {"components": {"TrialWorker": {"cpu": 3, "gpu": 1}, "Tuner": {"cpu": 1}}}
    compiled = Package(package(2, {**with_secret(*KEYS), **own}))
    workers = [f"TrialWorker-{number}" for number in (1, 2)]
    assert sorted(name for name in compiled.tasks if "Worker" in name) == workers
    tuner = compiled.tasks["Tuner"]
    for name in workers:
        task, container = compiled.tasks[name], compiled.executors[f"{name}_executor"].container
        assert task.inputs == tuner.inputs
        assert task.caching_options.enable_cache
        assert task.retry_policy.max_retry_count == 10
        assert container.resources.resource_cpu_limit == "3"
        assert container.resources.accelerator.resource_count == "1"
    containers = {name: compiled.executors[f"{name}_executor"].container for name in compiled.tasks}
    told = {name for name, each in containers.items() if any(item.name == "SEARCH_PODS" for item in each.env)}
    assert told == {"Tuner", *workers}
    assert containers["Tuner"].resources.resource_cpu_limit == "1"


def test_retries_of_workers_can_be_others():
    compiled = Package(
        package(1, {**with_secret(*KEYS), "components": {"TrialWorker": {"retry": {"count": 3}}}})
    )
    assert compiled.tasks["TrialWorker-1"].retry_policy.max_retry_count == 3


def test_without_pods_there_are_no_workers():
    assert not [name for name in Package(package(0, {})).tasks if "Worker" in name]


@pytest.mark.parametrize("missing", KEYS)
def test_pods_that_cannot_open_the_store_are_refused(missing):
    with pytest.raises(ConfigError) as refused:
        package(1, with_secret(*{*KEYS} - {missing}))
    assert str(refused.value) == (
        f"search.pods: pods that run trials open {PIPELINE_ROOT} themselves; set {missing} with env and secrets in "
        "kubeflow.defaults, or in kubeflow.components.TrialWorker"
    )


@pytest.mark.slow
@pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")
def test_pods_find_what_the_local_run_finds(cluster, replay, digits_run):
    run = cluster.run(searching(2), workers=4)
    print(f"\n{run.table()}")
    assert run.failure() == ""
    states = {name: task.state for name, task in run.tasks.items()}
    searching_tasks = ("Tuner", "TrialWorker-1", "TrialWorker-2")
    assert states == {
        **dict.fromkeys(("ExampleGen", "StatisticsGen", "SchemaGen", "Transform"), "Cached"),
        **dict.fromkeys(searching_tasks, "Succeeded"),
    }
    folder = cluster.objects.path(run.tasks["Tuner"].outputs["study"].uri)
    found = json.loads((folder / "study.json").read_bytes())
    places = {attempt["worker"] for trial in found["trials"] for attempt in trial["attempts"]}
    assert all(isinstance(place, str) for place in places), "trials ran in the Tuner's pod"
    studies = digits_run.workspace.glob("artifacts/digits/Tuner/study/*/study.json")
    local = min(studies, key=lambda file: int(file.parent.name))  # other tests search there again
    assert as_trained(found) == as_trained(json.loads(local.read_bytes()))
    assert len([*folder.glob("logs/trial-*-attempt-1.log")]) == len(found["trials"])
    log = cluster.objects.path(run.tasks["TrialWorker-1"].outputs["log"].uri) / "worker.log"
    assert "distributed.worker" in log.read_text(encoding="utf-8")
