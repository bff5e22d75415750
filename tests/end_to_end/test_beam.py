"""The pipeline on a separate Beam job server, with workers from the project's pool, as on a cluster."""

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, run_local

START_LIMIT_SECONDS = 600


@contextlib.contextmanager
def service(log: Path, *command: str) -> Iterator[None]:
    """A process that ends with the context; its output goes to `log`."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()


def port(log: Path, pattern: str) -> str:
    """The port that a service logs once it is ready."""
    end = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < end:
        if found := re.search(pattern, log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(log.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_components_run_on_a_job_server_and_trials_beside_it(tmp_path):
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text())
    document["training"]["epochs"] = 2
    document["search"]["trials"] = 2
    server, pool = tmp_path / "server.log", tmp_path / "pool.log"
    with (
        service(server, "apache_beam.runners.portability.local_job_service_main"),
        service(pool, "components.workers", "--port", "0"),
    ):
        document["beam"] = [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{port(server, 'on port ([0-9]+)')}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{port(pool, 'Worker pool at .*:([0-9]+)')}",
            # This server's limit also applies to whole jobs.
            "--job_server_timeout=1800",
        ]
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump(document))
        finished = run_local("--config", config, "--workspace", tmp_path / "workspace", is_new=True)
        assert finished.code == 0, finished.stdout + finished.stderr
        assert set(finished.states.values()) == {"done"}
        jobs = server.read_text().count("with state DONE")
    assert jobs >= 4, "ExampleGen, StatisticsGen, Transform and Evaluator each submit one or more"
