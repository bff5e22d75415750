"""The pipeline on a separate Beam job server, with workers from the project's pool, as on a cluster."""

import os
import sys

import apache_beam
import pytest
import yaml

from pipeline.run.beam import arguments
from tests import processes
from tests.conftest import ROOT, run_local
from tests.engines import running


@pytest.fixture(scope="module")
def job_server(tmp_path_factory):
    """The log of a job server of Beam, and the arguments for it and a pool."""
    folder = tmp_path_factory.mktemp("server")
    job_service = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main"]
    with (
        processes.running(job_service, folder / "server.log") as server,
        running.pool(folder / "pool.log") as (_, pool),
    ):
        # This server's limit also applies to whole jobs.
        limit = "--job_server_timeout=1800"
        yield server.log, running.beam(int(server.said("on port ([0-9]+)")[1]), pool, limit)


@pytest.mark.slow
def test_components_run_on_a_job_server_and_trials_beside_it(job_server, tmp_path):
    log, words = job_server
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text())
    document["training"]["epochs"] = 2
    document["search"] |= {"trials": 2, "folds": 0}
    document["beam"] = words
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(document))
    finished = run_local("--config", config, "--workspace", tmp_path / "workspace", is_new=True)
    assert finished.code == 0, finished.stdout + finished.stderr
    assert set(finished.states.values()) == {"done"}
    assert log.read_text().count("with state DONE") >= 5, (
        "the question before the run, ExampleGen, StatisticsGen, Transform and Evaluator each submit one or more"
    )


@pytest.mark.slow
def test_workers_have_the_threads_of_the_run(job_server, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    with apache_beam.Pipeline(argv=arguments(job_server[1])) as pipeline:
        found = (
            pipeline
            | apache_beam.Create(["TF_NUM_INTRAOP_THREADS"])
            | apache_beam.Map(lambda name: os.environ.get(name))
        )
        _ = found | apache_beam.io.WriteToText(str(tmp_path / "found"), shard_name_template="")
    assert (tmp_path / "found").read_text(encoding="utf-8").strip() == "3"
