import subprocess
import sys

from pipeline.run import process
from tests.conftest import ROOT


def test_a_process_is_known_by_more_than_its_number():
    assert process.runs(process.identity())
    host, number, begun = process.identity().split()
    assert not process.runs(f"{host} {number} {int(begun) - 1}")
    assert process.runs(f"elsewhere {number} 1")


def test_a_shared_store_knows_of_other_machines():
    assert not process.runs("elsewhere 1 1", lambda: False)
    assert process.runs(process.identity(), lambda: False)


def test_a_killed_process_does_not_run():
    code = "from pipeline.run import process; print(process.identity(), flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    identity = child.stdout.readline()
    assert process.runs(identity)
    child.kill()
    child.wait(timeout=60)
    assert not process.runs(identity)
