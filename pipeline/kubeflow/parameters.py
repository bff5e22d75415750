"""What can be changed when a run is submitted: parameters of the pipeline that reach the components.

A component has its training spec and its search as one JSON property each. The package gives it the pipeline's
parameters beside these, and the container entry puts them in their place before the executor sees them.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DATA_PATH = "data_path"
"""Where the data is: a folder or a file on a volume, a URI, or a function that writes it."""

DATA_VERSION = "data_version"
"""Any text that changes when the data does: Kubeflow's cache sees no more of the data."""

EPOCHS = "epochs"
"""At most so many epochs of a training."""

TRIALS = "trials"
"""At most so many trials of the search."""

NAMES = (DATA_PATH, DATA_VERSION, EPOCHS, TRIALS)


def needed_by(properties: Mapping[str, Any], available: Mapping[str, Any]) -> list[str]:
    """Which of the pipeline's parameters a component with these properties takes.

    Args:
        properties: execution properties of the component.
        available: parameters of the pipeline.
    """
    takes = {
        DATA_PATH: "input_base" in properties,
        DATA_VERSION: "input_base" in properties,
        EPOCHS: "training" in properties or "config" in properties,
        TRIALS: "search" in properties or "config" in properties,
    }
    # Whatever the model is made of is part of the candidate.
    return [name for name in available if takes[name] or "candidate" in properties]


def apply(properties: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The execution properties with the parameters that differ from their defaults put in their place.

    Args:
        properties: execution properties, parameters among them.
        defaults: values of the parameters that the properties were compiled with.
    """
    changed = {
        name: properties[name]
        for name in NAMES
        if name in properties and properties[name] != defaults.get(name)
    }
    result = {name: value for name, value in properties.items() if name not in NAMES}
    if "input_config" in result:
        result[DATA_PATH] = properties[DATA_PATH]  # ExampleGen finds the data itself
    for name in ("training", "search"):
        if name in result:
            result[name] = _canonical(_section(name, json.loads(result[name]), changed))
    if "config" in result:
        sections = json.loads(result["config"])
        changes = {name: _section(name, sections[name], changed) for name in ("training", "search")}
        result["config"] = _canonical({**sections, **changes})
    if DATA_VERSION in changed and "data" in result:
        result["data"] = changed[DATA_VERSION]
    if changed and "candidate" in result:
        parts = json.dumps([result["candidate"], changed], sort_keys=True)
        result["candidate"] = hashlib.sha256(parts.encode()).hexdigest()
    return result


def _section(name: str, section: dict[str, Any] | None, changed: Mapping[str, Any]) -> dict[str, Any] | None:
    """A section of the configuration with what has changed in it."""
    if section is None:
        return None
    values = {}
    if EPOCHS in changed and name == "training":
        values["epochs"] = changed[EPOCHS]
    if EPOCHS in changed and name == "search" and section["epochs"] is not None:
        values["epochs"] = min(section["epochs"], changed[EPOCHS])
    if TRIALS in changed and TRIALS in section:
        values["trials"] = changed[TRIALS]
    return {**section, **values}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
