"""A pod: a process that sees the launcher's scratch folders and its volumes, and no other pod's."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from pipeline.config.kubeflow import POD_WORKSPACE
from tests.conftest import ROOT

SCRATCH = ("/minio", "/s3", "/gcs", "/tmp/kfp_outputs", str(POD_WORKSPACE))
"""Folders that each pod has to itself."""

SECONDS = 1800
"""Time limit of a task; generous, because machines can lose most of their CPU for minutes."""


class Pod:
    """Folders of one pod.

    Args:
        folder: Empty folder for them on this machine.
        volumes: Folders on this machine, by mount path.
    """

    def __init__(self, folder: Path, volumes: Mapping[str, Path]):
        self._folder = folder
        self._scratch = {path: folder / path.strip("/") for path in SCRATCH}
        self._mounts = self._scratch | dict(volumes)
        for target in self._mounts.values():
            target.mkdir(parents=True, exist_ok=True)

    def path(self, inside: str) -> Path:
        """The file on this machine that the pod sees as `inside`."""
        for mount, folder in self._mounts.items():
            if Path(inside).is_relative_to(mount):
                return folder / Path(inside).relative_to(mount)
        raise ValueError(f"{inside} is in none of {', '.join(self._mounts)}")

    def run(
        self, command: Sequence[str], env: Mapping[str, str], log: Path, errors: Path | None = None
    ) -> int:
        """Runs a command with standard output and errors in files, or one file; returns its exit code."""
        # A container has the variables of its image and its spec, nothing of this process.
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/tmp",
            **env,
        }
        with log.open("ab") as stream, (errors or log).open("ab") as other:
            options = {"env": environment, "stdout": stream, "stderr": other, "timeout": SECONDS}
            if _has_namespaces():
                return subprocess.run(self._isolated(command), check=False, **options).returncode
            with self._in_place():
                return subprocess.run(command, cwd=ROOT, check=False, **options).returncode

    def _isolated(self, command: Sequence[str]) -> list[str]:
        """The command in namespaces: its root combines this machine's folders with the pod's; its host is the pod."""
        root = self._folder / "root"
        root.mkdir(exist_ok=True)
        own = {Path(mount).parts[1] for mount in self._mounts} | {"tmp"}
        lines = [
            "set -e",
            f"hostname {shlex.quote(self._folder.name)}",
            f"mount -t tmpfs none {shlex.quote(str(root))}",
        ]
        for entry in Path("/").iterdir():
            if entry.name in own:
                continue
            target = shlex.quote(f"{root}/{entry.name}")
            if entry.is_symlink():
                lines.append(f"ln -s {shlex.quote(str(entry.readlink()))} {target}")
            elif entry.is_dir():
                lines.append(f"mkdir {target}; mount --rbind {shlex.quote(str(entry))} {target}")
        code = {folder: Path(folder) for folder in (str(ROOT), sys.prefix, sys.base_prefix)}
        hidden = {path: folder for path, folder in code.items() if folder.parts[1] in own}
        for mount, folder in {**hidden, **self._mounts}.items():
            target = shlex.quote(f"{root}{mount}")
            lines.append(f"mkdir -p {target}; mount --bind {shlex.quote(str(folder))} {target}")
        lines.append(f'exec chroot {shlex.quote(str(root))} sh -c \'cd "$0" && exec "$@"\' "$@"')
        return ["unshare", "-m", "-u", *_AS_ROOT, "sh", "-c", "\n".join(lines), "pod", str(ROOT), *command]

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        """Where namespaces are not allowed, root puts the folders in their places, one pod at a time."""
        with _ONE_AT_A_TIME, contextlib.ExitStack() as stack:
            for mount, folder in self._mounts.items():
                place = Path(mount)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(folder)
                stack.callback(place.unlink)
            yield


_AS_ROOT = [] if os.geteuid() == 0 else ["--map-root-user"]

_ONE_AT_A_TIME = threading.Lock()


@cache
def _has_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-m", "-u", *_AS_ROOT, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def available() -> bool:
    """Whether this machine can run pods."""
    return _has_namespaces() or os.geteuid() == 0
