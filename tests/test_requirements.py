"""requirements.txt is the lock file for pip."""

import re
import subprocess

from packaging.requirements import Requirement

from tests.conftest import ROOT
from tests.uv import uv


def lines() -> list[str]:
    return (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


def test_first_line_says_how_to_install():
    assert lines()[0] == "# Install with: pip install --no-deps -r requirements.txt"


def test_requirements_are_the_lock_file():
    arguments = re.search(r"\$\(UV\) export (.*) >> \$@", (ROOT / "Makefile").read_text(encoding="utf-8"))[1]
    packages = re.search(r"^PIPELINE := (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ]
    exported = subprocess.run(
        [uv(), "export", *arguments.replace("$(PIPELINE)", packages).split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert exported.splitlines() == lines()[1:]


def test_the_image_is_made_of_the_same_packages():
    packages = re.search(r"^PIPELINE := (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ]
    assert packages in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_for_gpus_is_locked_too():
    text = (ROOT / "requirements-gpu.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text, re.MULTILINE))
    cpu = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", "\n".join(lines()), re.MULTILINE))
    assert pinned["tensorflow"] == cpu["tensorflow-cpu"]
    assert {"nvidia-cudnn-cu12", "nvidia-nccl-cu12"} <= pinned.keys()
    assert not pinned.keys() & cpu.keys()
    entries = re.split(r"^(?=\S)", text.partition("\n")[2], flags=re.MULTILINE)[1:]
    assert len(entries) == len(pinned)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_no_package_is_there_twice_on_python_3_11():
    """Nor anything that only a GPU needs."""
    environment = {"python_version": "3.11", "python_full_version": "3.11.9"}
    required = [Requirement(line) for line in lines()[1:]]
    names = [each.name for each in required if each.marker is None or each.marker.evaluate(environment)]
    assert sorted(set(names)) == sorted(names)
    assert "tensorflow-cpu" in names
    assert not [name for name in names if name in ("jax", "torch") or name.startswith("nvidia")]
