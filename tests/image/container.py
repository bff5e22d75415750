"""Builds the image and runs it with Debian's buildah, which needs neither an engine nor a registry."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conftest import ROOT

BASE = "localhost/reactive-schedules-base"
IMAGE = "localhost/reactive-schedules"
SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
BUILD_LIMIT_SECONDS = 3600
CERTIFICATES = Path("usr/local/share/ca-certificates")


def missing(base: str | None) -> str | None:
    """What this machine lacks to build on `base`, in one line."""
    tools = ["buildah"] if base else ["buildah", "debootstrap"]
    lacking = [] if os.geteuid() == 0 else ["root"]
    lacking += [tool for tool in tools if shutil.which(tool) is None]
    if lacking:
        return f"make image-test needs {' and '.join(lacking)} (Debian: apt-get install {' '.join(tools)})"
    return None


def build(base: str | None) -> None:
    """Builds the image.

    Args:
        base: image to begin with; None for a Debian of our own, as Docker Hub may be out of reach.
    """
    if base is None:
        base = BASE
        if _buildah("images", "--quiet", "--filter", f"reference={BASE}").strip() == "":
            _make_base()
    _buildah(
        "bud", "--isolation", "chroot", "--layers", "--build-arg", f"BASE={base}", "--tag", IMAGE, str(ROOT)
    )  # fmt: skip


def inspect() -> tuple[dict, int]:
    """The image's configuration, and its size in bytes."""
    described = json.loads(_buildah("inspect", "--type", "image", IMAGE))
    (listed,) = json.loads(_buildah("images", "--json", IMAGE))
    return described["OCIv1"], _bytes(listed["size"])


def run(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    volumes: Mapping[str, Path] | None = None,
    timeout: float = 1800,
) -> subprocess.CompletedProcess:
    """Runs a command in a container of its own, as the image's user.

    Args:
        command: program and arguments.
        env: variables besides those of the image.
        volumes: path inside to folder on this machine.
        timeout: in seconds.
    """
    name = _buildah("from", "--pull-never", IMAGE).strip()
    try:
        options = [f"--env={key}={value}" for key, value in (env or {}).items()]
        options += [f"--volume={folder}:{inside}:rw" for inside, folder in (volumes or {}).items()]
        return subprocess.run(
            ["buildah", "run", "--isolation", "chroot", *options, name, "--", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
    finally:
        _buildah("rm", name)


def _make_base() -> None:
    """Debian as its image on Docker Hub has it, with the certificates that this machine trusts."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        _call("debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root), MIRROR)
        for file in Path("/", CERTIFICATES).glob("*.crt"):
            shutil.copy(file, root / CERTIFICATES)
        _call("chroot", str(root), "update-ca-certificates")
        _call("chroot", str(root), "apt-get", "clean")
        name = _buildah("from", "scratch").strip()
        try:
            _buildah("add", "--quiet", name, str(root), "/")
            _buildah("commit", "--quiet", name, BASE)
        finally:
            _buildah("rm", name)


def _buildah(*arguments: str) -> str:
    return _call("buildah", *arguments)


def _call(*command: str) -> str:
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=BUILD_LIMIT_SECONDS, check=False
    )
    if finished.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{finished.stdout[-5000:]}{finished.stderr[-5000:]}")
    return finished.stdout


def _bytes(text: str) -> int:
    number, unit = text.split()
    return round(float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit])
