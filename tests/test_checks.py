import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

THROW_AWAY = """\
good:
\t@echo '===== 3 passed, 1 skipped in 0.10s ====='
plain:
\t@echo done
bad:
\t@echo '===== 1 failed, 2 passed in 0.10s ====='; exit 1
elsewhere:
\t@echo '!!!!! _pytest.outcomes.Exit: skipped: needs root !!!!!'; exit 77
"""


def check(folder, *targets):
    return subprocess.run(
        [sys.executable, ROOT / "tests/checks.py", *targets], cwd=folder, capture_output=True, text=True
    )


def variable(name: str) -> set[str]:
    """A variable of the Makefile, as words."""
    command = ["make", "-s", f"--eval=show: ; @echo $({name})", "show"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return {
        *subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        ).stdout.split()
    }


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Makefile").write_text(THROW_AWAY)
    return tmp_path


def test_each_target_gets_a_line_with_what_became_of_it(folder):
    done = check(folder, "good", "bad", "elsewhere", "plain", "missing")
    assert [re.sub(r" +", " ", line) for line in done.stdout.splitlines()] == [
        "good passed 0.0 min 3 passed, 1 skipped in 0.10s",
        "bad failed 0.0 min 1 failed, 2 passed in 0.10s; see workspace/checks/bad.log",
        "elsewhere skipped 0.0 min needs root",
        "plain passed 0.0 min",
        "missing failed 0.0 min see workspace/checks/missing.log",
    ]
    assert done.returncode == 1
    assert (folder / "workspace/checks/plain.log").read_text() == "done\n"


def test_what_cannot_run_here_is_no_failure(folder):
    assert check(folder, "good", "elsewhere").returncode == 0


def test_every_target_is_run_by_ci_or_by_check_all_or_is_no_check():
    targets = {*re.findall(r"^([a-z][\w.-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    in_ci = {*re.findall(r"^make (\S+)", (ROOT / ".ci/run").read_text(), re.MULTILINE)}
    checks, others = variable("CHECKS"), variable("NO_CHECKS")
    assert targets - in_ci - checks - others == set()
    assert not checks & (in_ci | others)
    assert {"kill-test", "image-test", "bench-pipeline", "bench-training"} <= checks
