"""What becomes an argument of a process on Kubeflow: texts that arrive unchanged, in a size that can start.

The driver of a task gets the task and its container as arguments, and the task's pod gets what the driver made of
them: Kubernetes expands `$$` and `$(NAME)` twice. The launcher expands its own placeholders, `{{…}}`. The driver of a
run gets the whole graph as one argument.
"""

import json
from collections.abc import Iterator
from typing import Any

from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import EXPANDED

LIMIT = 120_000
"""Bytes of the graph as JSON. Linux takes 131,071 in one argument; KFP may write a space after each comma."""

_REPLACED = {"$": "\\u0024", "{{": "{\\u007b", "/kfp-workspace": "\\u002fkfp-workspace"}
"""The last is for KFP from 2.15 on, which mounts a claim that nobody makes into pods with such a parameter."""

Json = dict[str, Any]


def protect(text: str) -> str:
    """A text as an argument: equal JSON without anything that is expanded, and shorter; other texts as they are."""
    if not text.startswith(("{", "[", '"')):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if _is_text(compact := json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
        text = compact
    for old, new in _REPLACED.items():  # JSON has them only inside texts
        text = text.replace(old, new)
    return text


def protect_all(spec: Json) -> None:
    """Protects the arguments of all containers, and the constants of all tasks.

    Raises:
        ConfigError: A text would not arrive unchanged, or the graph is too large.
    """
    for name, executor in spec["deploymentSpec"]["executors"].items():
        if container := executor.get("container"):
            container["args"] = [each if each == "{{$}}" else protect(each) for each in container["args"]]
            for each in container["args"]:
                _refuse_expanded(name.removesuffix("_executor"), "an argument", each)
    for task, name, value in _constants(spec):
        if isinstance(value["constant"], str):
            value["constant"] = protect(value["constant"])
            _refuse_expanded(task, name, value["constant"])
    _check_size(spec)


def _constants(spec: Json) -> Iterator[tuple[str, str, Json]]:
    for task, each in spec["root"]["dag"]["tasks"].items():
        for name, value in each["inputs"].get("parameters", {}).items():
            if "constant" in value.get("runtimeValue", {}):
                yield task, name, value["runtimeValue"]


def _is_text(text: str) -> bool:
    """Whether a text can be sent; half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_expanded(task: str, name: str, text: str) -> None:
    if text != "{{$}}" and (found := EXPANDED.search(text)):
        raise ConfigError(
            f"kubeflow: {name} of {task} contains {found[0]!r}, which Kubernetes would expand; use another name there"
        )


def _check_size(spec: Json) -> None:
    size = len(json.dumps(spec["root"], ensure_ascii=False).encode("utf-8", "replace"))
    if size <= LIMIT:
        return
    sizes = {
        f"{name} of {task}": len(str(value["constant"]).encode("utf-8", "replace"))
        for task, name, value in _constants(spec)
    }
    largest = max(sizes, key=lambda name: sizes[name])
    raise ConfigError(
        f"kubeflow: the graph has {size:,} bytes, more than the {LIMIT:,} that Kubeflow can pass to a run, of which "
        f"{largest} has {sizes[largest]:,}; use shorter names for the label's classes and the columns"
    )
