"""Forked processes have what processes that are started have."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.children import Forked

CHILD = """
import json, os, sys

def main(*descriptors):
    descriptor, = descriptors
    found = {"ids": [os.getpid(), os.getppid(), os.getsid(0)], "folder": os.getcwd(), "said": sys.stdin.read()}
    os.write(descriptor, json.dumps({**found, "environment": dict(os.environ)}).encode())
    os.close(descriptor)
    if "WAITS" in os.environ:
        import signal
        signal.pause()
    raise SystemExit(3)
"""


@pytest.mark.parametrize("more", [{}, {"WAITS": "1"}])
def test_a_forked_process_is_a_child_with_all_it_is_given(tmp_path, monkeypatch, more):
    (tmp_path / "a_child.py").write_text(CHILD, encoding="utf-8")
    (tmp_path / "given").write_text("the work", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]), "ODD": "ä", **more}
    read, write = os.pipe()
    with (tmp_path / "given").open("rb") as given, os.fdopen(read, "rb") as told:
        process = Forked(
            [sys.executable, "-m", "a_child", str(write)],
            stdin=given,
            pass_fds=[write],
            start_new_session=True,
            env=environment,
        )
        os.close(write)
        found = json.loads(told.read())
    if more:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == (-signal.SIGKILL if more else 3)
    assert found["ids"] == [process.pid, os.getpid(), process.pid]
    assert (found["folder"], found["said"], found["environment"]) == (str(tmp_path), "the work", environment)
