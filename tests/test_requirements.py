"""requirements.txt is the lock file for pip."""

import shutil
import subprocess

from tests.conftest import ROOT


def uv() -> str:
    found = shutil.which("uv") or shutil.which(ROOT / ".tools/bin/uv")
    assert found, "uv is neither on the path nor in .tools; run the tests with make test"
    return found


def test_first_line_says_how_to_install():
    first = (ROOT / "requirements.txt").read_text().splitlines()[0]
    assert first == "# Install with: pip install --no-deps -r requirements.txt"


def test_requirements_are_the_lock_file():
    arguments = [
        "--all-extras",
        "--no-dev",
        "--no-emit-project",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
    ]
    exported = subprocess.run(
        [uv(), "export", "--frozen", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert exported.splitlines() == (ROOT / "requirements.txt").read_text().splitlines()[1:]
