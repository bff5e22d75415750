"""A small job on a real Flink; runs where the jars of `make flink-test` are."""

import threading
import time

import apache_beam
import pytest

from components.workers import probe
from pipeline.run.beam import arguments
from tests.conftest import LIMIT_S
from tests.engines import jars, running
from tests.engines.conftest import beam

pytestmark = pytest.mark.skipif(jars.missing("flink") is not None, reason=str(jars.missing("flink")))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    started = running.FlinkCluster(tmp_path_factory.mktemp("flink"), task_managers=1)
    yield started
    started.close()


@pytest.fixture(scope="module")
def words(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with (
        running.job_server("flink", f"localhost:{cluster.rest}", folder) as (_, port),
        running.pool(folder / "pool.log") as (_, pool),
    ):
        yield arguments(beam(port, pool, cluster.master))


def test_a_worker_reads_and_writes_a_folder(words, tmp_path):
    assert probe.ask(tmp_path, "seen?", words) == probe.versions()


def test_a_job_that_is_left_is_cancelled(cluster, words):
    pipeline = apache_beam.Pipeline(argv=words)
    _ = pipeline | apache_beam.Create([LIMIT_S]) | apache_beam.Map(time.sleep)
    before = cluster.jobs()
    job = pipeline.run()
    threading.Thread(target=job._abandon).start()  # at once: the job server may not have sent its jars yet
    end = time.monotonic() + LIMIT_S
    while (states := {cluster.jobs()[key] for key in cluster.jobs().keys() - before}) != {"CANCELED"}:
        assert time.monotonic() < end, states
        time.sleep(0.2)
