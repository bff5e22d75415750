"""The Tuner's executor on two workers of a real Dask cluster, on the artifacts of a real Transform."""

import json

import pytest

from components.errors import UserError
from components.tuner import settings
from tests.components import transformed
from tests.reactive_schedules.search.executor.clusters import DaskCluster

pytestmark = pytest.mark.slow

SEARCH = {
    "space": {"learning_rate": {"peak": {"low": 0.01, "high": 0.5}}, "model": {"width": [8, 16]}},
    "algorithm": "halving",
    "trials": 4,
    "min_epochs": 1,
    "factor": 2,
}


def tune(digits_run, folder, **environment) -> dict:
    """Runs a search in a pipeline root `folder`; returns the study without what differs between machines."""
    inputs = transformed.inputs(digits_run.workspace)
    training = {**transformed.TRAINING, "epochs": 2}
    found = transformed.tune(folder, inputs, SEARCH, training, environment=environment)
    study = json.loads((found["study"] / "study.json").read_text(encoding="utf-8"))
    for each in (study["cost"], *study["trials"]):
        del each["seconds"]
        each.pop("attempts", None)
    logs = sorted(file.name for file in (found["study"] / "logs").iterdir())
    return {**study, "logs": logs}


def test_two_workers_that_share_no_folder_give_the_study_of_one_process(digits_run, tmp_path):
    alone = tune(digits_run, tmp_path / "alone")
    (tmp_path / "dask").mkdir()
    store = tmp_path / "store"
    with DaskCluster(tmp_path / "dask") as cluster:
        for name in ("w1", "w2"):
            cluster.worker(name)
        on_cluster = tune(
            digits_run,
            tmp_path / "cluster",
            **{settings.CLUSTER: str(cluster.file), settings.STORE: store.as_uri()},
        )
    assert on_cluster == alone
    assert len(alone["rungs"]) == 2
    assert not [
        file for file in store.rglob("*") if file.is_file()
    ]  # deleted with the checkpoints at the end


def test_a_cluster_that_cannot_be_used_is_a_mistake_of_the_user(digits_run, tmp_path):
    missing = tmp_path / "missing.json"
    with pytest.raises(
        UserError, match=r"^search.cluster: .*missing.json: No such file or directory; give tls://"
    ):
        tune(digits_run, tmp_path, **{settings.CLUSTER: str(missing)})
