"""What an executor's work would be lost to, before it begins and before its outputs are uploaded."""

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import UserError
from pipeline.config.uris import bucket

if TYPE_CHECKING:
    from components.artifacts import Artifacts


def check_writable(workspace: Path) -> None:
    """Checks that a task can write to the workspace, which most claims give to root.

    Raises:
        UserError: It cannot.
    """
    folder = workspace
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        for folder in (workspace, workspace / "attempts", workspace / "serving"):
            if folder.exists():
                with tempfile.TemporaryFile(dir=folder):
                    pass
    except OSError as error:
        user = os.geteuid()
        raise UserError(
            f"kubeflow.workspace: user {user} cannot write to {folder} ({error.strerror}); give the claim to this "
            f"user: with a Job that runs chown --recursive {user} there as root, an fsGroup where the platform has it, "
            "or an access point"
        ) from None


def check_root(compiled: str, output: str) -> None:
    """Checks that a run keeps its artifacts in the bucket that its package was compiled for.

    Its tasks would find those of other runs in the cache, under the root that these had, and Kubeflow opens no bucket
    but that of the root with the settings of its object store.

    Args:
        compiled: The pipeline root of the package.
        output: URI of an output.

    Raises:
        UserError: It does not.
    """
    if (found := bucket(output)) != (wanted := bucket(compiled)):
        raise UserError(
            f"pipeline root: this run keeps its artifacts in {found}, but the package was compiled for {wanted}, where "
            f"the cache has those of other runs; compile it again with --pipeline-root {found}/…"
        )


def check_uploadable(outputs: "Artifacts") -> None:
    """Checks that Kubeflow's launcher can upload everything.

    A link that leads nowhere would end the upload of a folder without an error, and a link to a folder with one.

    Raises:
        UserError: It cannot.
    """
    for name, artifacts in outputs.items():
        for artifact in artifacts:
            for folder, folders, files in os.walk(artifact.uri):
                for entry in (*folders, *files):
                    _check(name, Path(folder, entry), Path(artifact.uri))


def _check(name: str, path: Path, root: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = 0
    if stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not path.is_symlink()):
        return
    kind = (
        "a link that leads nowhere"
        if mode == 0
        else "a link to a folder"
        if stat.S_ISDIR(mode)
        else "no file"
    )
    raise UserError(
        f"output {name}: {path.relative_to(root)} is {kind}, which Kubeflow cannot upload; write a copy instead"
    )
