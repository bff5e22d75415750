"""Where a pod may have volumes: not where Kubeflow has its own, not twice in one place, and not one inside another."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import PurePosixPath

from reactive_schedules.errors import fault

RESERVED = (
    "/minio",
    "/s3",
    "/gcs",
    "/kfp-workspace",
    "/kfp-launcher",
    "/kfp",
    "/.local",
    "/.cache",
    "/.config",
)
"""Folders of Kubeflow's launcher in every pod."""


def check(volumes: Sequence[tuple[str, str]]) -> None:
    """Checks the volumes of one pod.

    Args:
        volumes: Name of the claim or Secret, which is that of the volume, too, and where it is mounted.

    Raises:
        ValueError: A pod with them would not start, or would hide files.
    """
    for name, mount in volumes:
        path = PurePosixPath(mount)
        if ".." in path.parts:
            raise fault("mount", f"{mount} must not contain '..'")
        # Kubeflow compares texts: /kfp-workspace-2 is refused, too.
        taken = next((each for each in RESERVED if path.is_relative_to(each)), None)
        if taken or str(path).startswith("/kfp-workspace"):
            raise fault("mount", f"{mount} is used by Kubeflow; mount {name} elsewhere, such as /mnt/{name}")
    for (one, first), (other, second) in combinations(volumes, 2):
        if one == other:
            raise fault("mount", f"{one} is mounted at {first} and {second}; mount it once in a pod")
        for outer, inner in ((first, second), (second, first)):
            if PurePosixPath(inner).is_relative_to(outer):
                raise fault(
                    "mount", f"{inner} is inside {outer}, and would hide files; mount them side by side"
                )
