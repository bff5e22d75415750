"""One process at a time writes to a workspace in an object store."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from components.errors import UserError
from pipeline.remote import lock
from pipeline.remote.session import claimed, publish, up_to_date
from tests.conftest import ROOT
from tests.objects import BUCKET, google_storage

HOLD = """
import sys
from pipeline.remote import lock
from pipeline.remote.session import claimed, up_to_date
lock.BEAT_S = 0.2
with claimed(up_to_date(sys.argv[1])):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path):
    """Starts processes that hold the lock of a workspace, each on a machine of its own."""
    children = []

    def hold(uri: str):
        home = tmp_path / f"home{len(children)}"
        home.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD, uri],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        assert child.stdout.readline() == "held\n"
        return child

    yield hold
    for child in children:
        child.kill()
        child.wait(timeout=60)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """This process is on a machine of its own, too."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.mark.parametrize("protocol", ["s3", "file"])
def test_a_second_run_is_refused_while_the_first_gives_signs_of_life(
    request, tmp_path, here, holder, protocol
):
    uri = f"file://{tmp_path}/store"
    if protocol == "s3":
        request.getfixturevalue("s3")
        uri = f"s3://{BUCKET}/{tmp_path.name}"
    child = holder(uri)
    with pytest.raises(UserError) as caught, claimed(up_to_date(uri)):
        pass
    assert re.fullmatch(
        rf"workspace: {uri} is in use by another run \(pid {child.pid} on .+, since .+\); wait for it to finish, or "
        "choose another place with --workspace",
        str(caught.value),
    )
    child.communicate("\n", timeout=60)
    with claimed(up_to_date(uri)):
        pass


def test_the_lock_of_a_killed_run_is_taken_over_after_a_while(tmp_path, here, holder, monkeypatch, capsys):
    uri = f"file://{tmp_path}/store"
    child = holder(uri)
    child.kill()
    child.wait(timeout=60)
    monkeypatch.setattr(lock, "DEAD_S", 3.0)
    with claimed(up_to_date(uri)):
        assert f"is locked by pid {child.pid} on" in capsys.readouterr().err


def test_the_lock_of_a_killed_run_of_the_same_working_copy_is_free(tmp_path, here):
    uri = f"file://{tmp_path}/store"
    folder = up_to_date(uri)
    state = json.loads((folder / "REMOTE").read_text())
    (tmp_path / "store/run.lock").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "store/run.lock").write_text(json.dumps({"copy": state["copy"], "token": "old"}))
    with claimed(folder):  # the lock of the folder says that the other one is dead
        pass
    assert not (tmp_path / "store/run.lock").exists()


def test_a_run_that_stood_still_too_long_publishes_nothing(tmp_path, here, holder, monkeypatch):
    uri = f"file://{tmp_path}/store"
    child = holder(uri)
    child.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(lock, "DEAD_S", 3.0)
    with claimed(up_to_date(uri)):
        child.send_signal(signal.SIGCONT)
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.wait(timeout=60) == 1  # it says that it was taken over
        publish(up_to_date(uri))  # and this one is not disturbed


def test_a_store_without_conditional_writes_is_refused(tmp_path, here, monkeypatch):
    with google_storage() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        uri = f"gs://{BUCKET}/{tmp_path.name}"
        fault = f"^workspace: {uri}: this store overwrites an object although .*$"
        with pytest.raises(UserError, match=fault), claimed(up_to_date(uri)):
            pass
