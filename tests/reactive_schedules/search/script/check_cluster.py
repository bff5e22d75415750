"""`rs.tune` on a Dask cluster, with a real scheduler and two real workers: `make tuner-test`."""

from tests.reactive_schedules.search.executor.clusters import DaskCluster
from tests.reactive_schedules.search.script.problem import search
from tests.reactive_schedules.search.script.test_tune import as_trained


def test_two_workers_of_a_cluster_find_what_this_machine_finds(tmp_path):
    (tmp_path / "dask").mkdir()
    with DaskCluster(tmp_path / "dask") as cluster:
        for name in ("w1", "w2"):
            cluster.worker(name)
        found = search(tmp_path / "cluster", 4, cluster=str(cluster.file))
    workers = {
        attempt["worker"].split()[0] for trial in found.record["trials"] for attempt in trial["attempts"]
    }
    assert workers == {"w1", "w2"}
    alone = search(tmp_path / "alone", 4)
    assert as_trained(found.record) == as_trained(alone.record)
    for ours, theirs in zip(found.model().get_weights(), alone.model().get_weights(), strict=True):
        assert (ours == theirs).all()
    assert not [*(tmp_path / "cluster").glob("given-*")]
