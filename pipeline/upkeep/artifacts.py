"""The folders of artifacts in a workspace."""

from pathlib import Path

_ATTEMPTS = "checkpoints"
"""Folder beside those of a component's outputs, see `components.learning.attempt`."""


def find_folders(workspace: Path) -> dict[Path, int]:
    """Returns the folder of each artifact, `artifacts/<pipeline>/<component>/<key>/<execution>`, with the execution."""
    return {
        folder: int(folder.name)
        for folder in sorted((workspace / "artifacts").glob("*/*/*/*"))
        if folder.name.isdecimal()
        and folder.parent.name != _ATTEMPTS
        and not any(part.startswith(".") for part in folder.relative_to(workspace).parts)
    }
