"""A small job on a real Flink; runs where the jars of `make flink-test` are."""

import threading
import time

import apache_beam
import pytest

from components.workers import probe
from pipeline.run.beam import arguments
from tests.conftest import LIMIT_S
from tests.engines import jars, running

pytestmark = pytest.mark.skipif(jars.missing("flink") is not None, reason=str(jars.missing("flink")))


@pytest.fixture(scope="module")
def flink(tmp_path_factory):
    with running.flink(tmp_path_factory.mktemp("flink"), task_managers=1) as (cluster, words):
        yield cluster, arguments(words)


def test_a_worker_reads_and_writes_a_folder(flink, tmp_path):
    assert probe.ask(tmp_path, "seen?", flink[1]) == probe.versions()


def test_a_job_that_is_left_is_cancelled(flink):
    cluster, words = flink
    pipeline = apache_beam.Pipeline(argv=words)
    _ = pipeline | apache_beam.Create([LIMIT_S]) | apache_beam.Map(time.sleep)
    before = cluster.jobs()
    job = pipeline.run()
    threading.Thread(target=job._abandon).start()  # at once: the job server may not have sent its jars yet
    end = time.monotonic() + LIMIT_S
    while (states := {cluster.jobs()[key] for key in cluster.jobs().keys() - before}) != {"CANCELED"}:
        assert time.monotonic() < end, states
        time.sleep(0.2)
