"""A pod whose container is the image."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.image import container
from tests.kubeflow import pod

USER = 1000


class ImagePod(pod.Pod):
    """Runs its command in the image, as the image's user."""

    def run(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> int:
        """See the base class."""
        for folder in self._scratch.values():
            # Kubernetes' scratch volumes can be written by everyone; claims belong to whom they belong to.
            for path in (folder, *folder.rglob("*")):
                os.chown(path, USER, USER)
        finished = container.run(command, env, self._mounts, timeout=pod.SECONDS)
        log.write_text(finished.stdout, encoding="utf-8")
        return finished.returncode
