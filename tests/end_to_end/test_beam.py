"""The pipeline on a separate Beam job server, with workers from the project's pool, as on a cluster."""

import sys

import pytest
import yaml

from tests import processes
from tests.conftest import ROOT, run_local
from tests.engines import running


@pytest.mark.slow
def test_components_run_on_a_job_server_and_trials_beside_it(tmp_path):
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text())
    document["training"]["epochs"] = 2
    document["search"] |= {"trials": 2, "folds": 0}
    job_service = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main"]
    with (
        processes.running(job_service, tmp_path / "server.log") as server,
        running.pool(tmp_path / "pool.log") as (_, pool),
    ):
        document["beam"] = [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{server.said('on port ([0-9]+)')[1]}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{pool}",
            # This server's limit also applies to whole jobs.
            "--job_server_timeout=1800",
        ]
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump(document))
        finished = run_local("--config", config, "--workspace", tmp_path / "workspace", is_new=True)
        assert finished.code == 0, finished.stdout + finished.stderr
        assert set(finished.states.values()) == {"done"}
        jobs = server.log.read_text().count("with state DONE")
    assert jobs >= 5, (
        "the question before the run, ExampleGen, StatisticsGen, Transform and Evaluator each submit one or more"
    )
