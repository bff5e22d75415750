"""What the checks on all engines share."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.checks import CANNOT_RUN
from tests.conftest import ROOT, run_local
from tests.engines import agreement, jars, running


def fetch(engine: str) -> None:
    """Fetches an engine, or ends the check as one that this machine cannot run."""
    try:
        jars.fetch(engine)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.exit(f"skipped: the jars of {engine} cannot be had: {error}", returncode=CANNOT_RUN)


def configuration(folder: Path, arguments: list[str]) -> Path:
    """The digits with two trials."""
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text(encoding="utf-8"))
    document["search"]["trials"] = 2
    document["beam"] = arguments
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """The worker pool, and its port."""
    with running.pool(tmp_path_factory.mktemp("pool") / "pool.log") as (process, port):
        yield process, port


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The results of a run on this machine."""
    folder = tmp_path_factory.mktemp("local")
    config = configuration(folder, ["--direct_running_mode=in_memory"])
    done = run_local("--config", config, "--workspace", folder / "workspace")
    assert done.code == 0, done.stdout + done.stderr
    return agreement.results(folder / "workspace")
