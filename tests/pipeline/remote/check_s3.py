"""The digits with a workspace in an object store, killed and cut off: `make s3-test`.

No part of the ordinary suite, because it takes minutes.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.remote import place
from reactive_schedules.training.checkpoint import Checkpoints
from tests.conftest import LIMIT_S, ROOT, Finished, run_local
from tests.engines import agreement
from tests.engines.conftest import configuration
from tests.objects import BUCKET
from tests.pipeline.remote.proxy import proxy

EPOCHS = 60


def run(home: Path, config: Path, uri: str, *arguments: object, **variables: str) -> Finished:
    """Runs the pipeline on a machine."""
    home.mkdir(exist_ok=True)
    given = ("--config", config, "--workspace", uri, *arguments)
    return run_local(*given, cwd=home, env={"PYTHONPATH": str(ROOT), **variables})


def killed(home: Path, config: Path, uri: str, when: Callable[[], bool], **variables: str) -> None:
    """Runs the pipeline on a machine, and kills it."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, ROOT / "local_runner.py", "--config", config, "--workspace", uri, "--no-tune"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    process = subprocess.Popen([*map(str, command)], cwd=home, env=environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + LIMIT_S
    while not when() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -9


def copy_of(home: Path, uri: str) -> Path:
    return home / "workspace" / uri.replace("://", "/")


@pytest.fixture
def long(tmp_path) -> Path:
    """The digits, trained for many epochs."""
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text(encoding="utf-8"))
    document["training"] |= {"epochs": EPOCHS, "plateau": None}
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return tmp_path / "long.yaml"


@pytest.mark.parametrize("orchestrator", ["beam", "local"])
def test_the_pipeline_computes_what_it_does_in_a_folder(s3, tmp_path, orchestrator):
    config = configuration(tmp_path, ["--direct_running_mode=in_memory"])
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    for home, workspace in (("local", tmp_path / "workspace"), ("remote", uri)):
        done = run(tmp_path / home, config, workspace, "--orchestrator", orchestrator)
        assert done.code == 0, done.stdout + done.stderr
        print(done.stdout)
    results = [
        agreement.results(folder) for folder in (tmp_path / "workspace", copy_of(tmp_path / "remote", uri))
    ]
    assert agreement.differences(*results) == []
    again = run(tmp_path / "elsewhere", config, uri)
    assert set(again.states.values()) == {"cached"}


def test_a_killed_training_goes_on_here_and_starts_anew_elsewhere(s3, tmp_path, long):
    uri, home = f"s3://{BUCKET}/{tmp_path.name}", tmp_path / "first"
    folder = copy_of(home, uri) / "artifacts/digits/Trainer/checkpoints"

    def trained() -> bool:
        found = [Checkpoints(path).load() for path in folder.glob("*")]
        return any(entry and entry[1]["progress"]["epoch"] >= 8 for entry in found)

    killed(home, long, uri, trained)
    done = run(home, long, uri, "--no-tune")  # the lock is its own, so it is not waited for
    assert done.code == 0, done.stdout + done.stderr
    assert int(re.search(r"resumed at epoch (\d+)", done.stdout).group(1)) >= 9
    document = yaml.safe_load(long.read_text(encoding="utf-8"))
    document["training"]["seed"] = 1
    long.write_text(yaml.safe_dump(document), encoding="utf-8")
    killed(home, long, uri, trained)
    elsewhere = run(tmp_path / "second", long, uri, "--no-tune")  # which waits for a minute
    assert elsewhere.code == 0, elsewhere.stdout + elsewhere.stderr
    assert "is locked by pid" in elsewhere.stderr
    assert "resumed" not in elsewhere.stdout
    assert elsewhere.states["Transform"] == "cached"
    # What the first machine has left is overtaken.
    last = run(home, long, uri, "--no-tune")
    assert set(last.states.values()) == {"cached"}
    assert not list(folder.glob("*"))


def test_a_run_killed_while_it_uploads_a_model_is_as_if_it_had_not_trained(s3, tmp_path, long):
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    with proxy(s3["AWS_ENDPOINT_URL"]) as way:
        way.stalls = "PUT .*/Trainer/model/.*saved_model.pb"
        killed(tmp_path / "first", long, uri, way.stalled.is_set, AWS_ENDPOINT_URL=way.url)
    remote = place.Remote(tmp_path, place.State(uri, ""))
    there = remote.store.names("artifacts/digits/Trainer")
    assert there
    assert not any(name.endswith("saved_model.pb") for name in there)
    assert remote.store.names("serving") == []
    shown = subprocess.run(
        [sys.executable, "-m", "pipeline", "runs", "--json", "--workspace", uri],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        timeout=LIMIT_S,
    ).stdout
    assert json.loads(shown)[0]["model"] is None
    elsewhere = run(tmp_path / "second", long, uri, "--no-tune")
    assert elsewhere.code == 0, elsewhere.stdout + elsewhere.stderr
    assert elsewhere.states["Transform"] == "cached"
    assert elsewhere.states["Trainer"] == "done"
    here = run(tmp_path / "first", long, uri, "--no-tune")
    assert set(here.states.values()) == {"cached"}


def test_a_store_that_goes_away_ends_the_run_and_loses_nothing(s3, tmp_path, long):
    uri, home = f"s3://{BUCKET}/{tmp_path.name}", tmp_path / "first"
    with proxy(s3["AWS_ENDPOINT_URL"]) as way:
        way.breaks = "PUT .*/Trainer/model/"
        done = run(home, long, uri, "--no-tune", AWS_ENDPOINT_URL=way.url)
    assert done.code == 2, done.stdout + done.stderr
    fault = rf"^Trainer failed: workspace: {uri} cannot be written \(.*\); see whether .*$"
    assert re.search(fault, done.stdout, re.MULTILINE)
    assert "Traceback" not in done.stdout + done.stderr
    again = run(home, long, uri, "--no-tune")
    assert again.code == 0, again.stdout + again.stderr
    assert again.states["Trainer"] == "cached"  # and its files are uploaded now
    elsewhere = run(tmp_path / "second", long, uri, "--no-tune")
    assert set(elsewhere.states.values()) == {"cached"}
