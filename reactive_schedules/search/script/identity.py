"""What makes two searches the same, so that one can go on where the other stopped."""

import functools
import hashlib
import inspect
import json
import os
import shutil
import sys
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reactive_schedules import durable
from reactive_schedules.search.executor.journal import LOGS, Journal
from reactive_schedules.search.script.given import Given
from reactive_schedules.training.source import Source

JOURNAL = "journal"
"""Folder of the journal in that of the study."""

_FILE = "identity.json"

GROWS = ("trials", "folds")
"""The options that may be others when a search goes on."""


def of(given: Given, training: Mapping[str, Any], search: Mapping[str, Any]) -> dict[str, str]:
    """A digest of each part of a search, by the name of the argument."""
    return {
        "spec": _digest(training),
        **{name: _digest(value) for name, value in search.items() if name not in GROWS},
        "build_model": _digest(_described(given.build_model)),
        "hyperparameters": _digest(given.hyperparameters),
        "train": _digest(keras.tree.map_structure(_described, given.train)),
        "validation": _digest(keras.tree.map_structure(_described, given.validation)),
        "fit": _digest(keras.tree.map_structure(_described, given.fit)),
    }


def check(folder: Path, identity: Mapping[str, str]) -> None:
    """Checks that a folder holds no other search, and writes down which it is.

    Raises:
        ValueError: It holds another search; names the argument in which they differ.
    """
    file = folder / _FILE
    try:
        earlier = json.loads(file.read_bytes())
    except FileNotFoundError:
        earlier = identity
    for name in {**earlier, **identity}:
        if earlier.get(name) != identity.get(name):
            raise ValueError(
                f"directory: {str(folder)!r} holds a search with another {name}; give another directory, or delete it"
            )
    durable.write(file, json.dumps(identity, indent=2).encode())


def forget(folder: Path, journal: Journal) -> None:
    """Makes a folder free for another search, and keeps the logs."""
    (folder / _FILE).unlink(missing_ok=True)
    if journal.store:
        journal.store.clear()
    for each in journal.folder.iterdir():
        if each.name != LOGS:
            shutil.rmtree(each)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=repr).encode()).hexdigest()[:16]


def _described(value: Any, within: frozenset[int] = frozenset()) -> Any:
    """Plain JSON that is another for another value, as far as it can be known; the same in each process.

    Args:
        value: The value.
        within: Ids of the values that hold it.
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "__array__") and not inspect.isclass(value):
        array = np.ascontiguousarray(value)
        content = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
        return [str(array.dtype), list(array.shape), hashlib.sha256(content).hexdigest()]
    code = value if inspect.isroutine(value) or inspect.isclass(value) else type(value)
    described = [f"{code.__module__}.{code.__qualname__}", _source(code)]
    if id(value) not in within and (held := keras.tree.flatten(_held(value))):
        described += [_described(each, within | {id(value)}) for each in held]
    return described


def _held(value: Any) -> Any:
    """What a value holds beside its code, and does something else with it."""
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if inspect.isfunction(value):
        cells = [_content(cell) for cell in value.__closure__ or ()]
        return [cells, value.__defaults__ or (), value.__kwdefaults__ or {}]
    if inspect.ismethod(value):
        return [value.__self__]
    if isinstance(value, keras.Loss | keras.Metric):
        found = value.__dict__ if isinstance(value, keras.Loss) else value.get_config()
        # Without the name, which counts the losses and metrics of a process.
        settings = {name: part for name, part in found.items() if name != "name"}
        return [settings, getattr(value, "_fn_kwargs", {})]
    return getattr(value, "__dict__", ()) if isinstance(value, Source) else ()


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _source(code: Any) -> str:
    """The source of a function or class, with the other functions of its module unless that is a script or notebook."""
    module = sys.modules.get(code.__module__)
    try:
        return inspect.getsource(code if code.__module__ == "__main__" or not module else module)
    except (OSError, TypeError, IndentationError, tokenize.TokenError):
        return ""  # typed into an interpreter, or written in C
