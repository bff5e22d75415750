"""The GPUs of this machine, and which of them a process gets.

They are found without TensorFlow, which would take their memory in the process that asks.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Environment variable of CUDA: the devices that a process sees, separated by commas."""

SHARED = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""Environment of a process that shares its device: without it, TensorFlow and JAX take all the memory at once."""

_DRIVER = Path("/proc/driver/nvidia/gpus")
_LIST_S = 20.0


def visible(environment: Mapping[str, str]) -> list[str]:
    """The devices that a process with this environment sees, in CUDA's order; empty without any."""
    if VISIBLE in environment:
        return named(environment[VISIBLE])
    if not _DRIVER.is_dir():
        return []
    try:
        command = ["nvidia-smi", "-L"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=_LIST_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return [str(number) for number, _ in enumerate(_DRIVER.iterdir())]
    return in_list(listed.stdout)


def named(value: str) -> list[str]:
    """The devices in a value of CUDA_VISIBLE_DEVICES, up to the first that is none, as CUDA reads it."""
    names = []
    for name in map(str.strip, value.split(",")):
        if not name or name.startswith("-") or name.lower() in ("none", "void", "nodevfiles"):
            break
        names.append(name)
    return names


def in_list(lines: str) -> list[str]:
    """The devices that `nvidia-smi -L` lists, by UUID: instances of a GPU that is divided (MIG), or else the GPU."""
    found: list[list[str]] = []  # a GPU and its instances
    for line in lines.splitlines():
        if "UUID: " in line:
            uuid = line.partition("UUID: ")[2].strip().rstrip(")")
            if line.startswith("GPU "):
                found.append([uuid])
            elif found:
                found[-1].append(uuid)
    return [uuid for gpu, *instances in found for uuid in instances or [gpu]]


def environment(number: int, processes: int, devices: Sequence[str], several: bool = False) -> dict[str, str]:
    """The environment variables that give a process one device; empty without devices.

    Args:
        number: Number of the process, counted from 1. Processes take turns if there are more of them than devices.
        processes: Number of processes.
        devices: The devices, see `visible`.
        several: Whether a process gets as many as there are for each.
    """
    if not devices:
        return {}
    count = max(1, len(devices) // processes) if several else 1
    first = (number - 1) * count % len(devices)
    alone = {VISIBLE: ",".join(devices[first : first + count])}
    return alone if processes <= len(devices) else {**SHARED, **alone}


def shortage(processes: int, devices: Sequence[str]) -> str:
    """A line that says that processes share devices; empty if they do not."""
    if not devices or processes <= len(devices):
        return ""
    gpus = f"{len(devices)} GPU{'s' * (len(devices) != 1)}"
    return f"search.processes: {processes} processes share {gpus}; for a GPU each, set it to {len(devices)}"
