"""What must be the same on every machine that runs the trials of a search, so that their results are the same."""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata

from reactive_schedules import imports

_DISTRIBUTIONS = {
    "numpy": ("numpy",),
    "keras": ("keras",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "jax": ("jax",),
    "torch": ("torch",),
}

_VARIABLES = ("KERAS_BACKEND", "TF_")

_AGENT = "reactive_schedules.search.executor.agent"


def facts(paths: Iterable[str]) -> dict[str, str | None]:
    """Describes this machine: versions, and a digest of the code of each function; None for what is not there.

    Args:
        paths: Dotted paths of functions that the trials call.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    versions = {name: _version(names) for name, names in _DISTRIBUTIONS.items()}
    modules = (_AGENT, *dict.fromkeys(path.rpartition(".")[0] for path in paths))
    return {"Python": python, **versions, **{module: _digest(module) for module in modules}}


def difference(ours: Mapping[str, str | None], theirs: Mapping[str, str | None]) -> str | None:
    """Says in what another machine differs from this one, and the remedy; None if it does not."""
    for name, value in ours.items():
        other = theirs.get(name)
        if other == value:
            continue
        if name in ("Python", *_DISTRIBUTIONS):
            has = f"has {name} {other}" if other else f"does not have {name}"
            here = f"this machine has {value}" if value else "this machine does not have it"
            return f"it {has}, {here}; install the same versions"
        if other is None:
            return f"it cannot import {name}; install it there, or start the worker with its folder in PYTHONPATH"
        return f"its code of {name} differs from this machine's; install the same code there"
    return None


def variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables on which results depend, apart from threads."""
    return {name: value for name, value in environment.items() if name.startswith(_VARIABLES)}


def _version(names: Iterable[str]) -> str | None:
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def _digest(module: str) -> str | None:
    found = imports.find(module)
    return imports.digest(module) if found and found.file else None
