"""The pipeline on a real Spark, within the process of Beam's job server: `make spark-test`."""

import pytest

from tests.conftest import run_local
from tests.engines import agreement, running
from tests.engines.conftest import configuration, fetch
from tests.engines.running import beam


@pytest.fixture(scope="session", autouse=True)
def fetched():
    fetch("spark")


def test_spark_computes_what_one_machine_does(pool, local, tmp_path):
    with running.job_server("spark", "local[2]", tmp_path) as (_, port):
        config = configuration(tmp_path, beam(port, pool[1]))
        done = run_local("--config", config, "--workspace", tmp_path / "workspace", is_new=True)
    assert done.code == 0, done.stdout + done.stderr
    print(done.stdout)
    assert set(done.states.values()) == {"done"}
    assert agreement.differences(agreement.results(tmp_path / "workspace"), local) == []
