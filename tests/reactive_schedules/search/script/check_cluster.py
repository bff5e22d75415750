"""`rs.tune` on a Dask cluster, with a real scheduler and two real workers: `make tuner-test`."""

from collections.abc import Iterator

import pytest

from reactive_schedules.search.script.study import Study
from tests.reactive_schedules.search.executor.clusters import DaskCluster
from tests.reactive_schedules.search.script.problem import search
from tests.reactive_schedules.search.script.test_tune import as_trained

TRIALS = {"trials": 5, "algorithm": "halving"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as found:
        for name in ("w1", "w2"):
            found.worker(name)
        yield str(found.file)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Study:
    return search(tmp_path_factory.mktemp("alone"), **TRIALS)


def check(found: Study, alone: Study) -> None:
    """Checks that two workers have found what this machine finds, weights included."""
    workers = {
        attempt["worker"].split()[0] for trial in found.record["trials"] for attempt in trial["attempts"]
    }
    assert workers == {"w1", "w2"}
    assert as_trained(found.record) == as_trained(alone.record)
    for trial in alone.trials:
        ours, theirs = (study.model(trial.number).get_weights() for study in (found, alone))
        assert all((our == their).all() for our, their in zip(ours, theirs, strict=True))


def test_two_workers_of_a_cluster_find_what_this_machine_finds(cluster, alone, tmp_path):
    check(search(tmp_path, **TRIALS, cluster=cluster), alone)
    assert not [*tmp_path.glob("given-*")]


def test_workers_that_share_a_store_with_this_machine_need_no_folder(cluster, alone, tmp_path):
    """Weights come to the folder of the study; functions and data do not stay in the store."""
    place = {"cluster": cluster, "store": f"file://{tmp_path}/store"}
    found = search(tmp_path / "study", **TRIALS, **place)
    check(found, alone)
    kept = {file.relative_to(tmp_path / "store").parts[1] for file in (tmp_path / "store").rglob("*.*")}
    assert kept
    assert {name.partition("-")[0] for name in kept} <= {"trial", "logs", "time"}
    assert search(tmp_path / "study", **TRIALS, **place).record == found.record
    other = search(tmp_path / "other", 1, **place)  # is not taken for the study of the first folder
    assert other.model().count_params() == found.model(1).count_params()
