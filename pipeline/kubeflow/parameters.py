"""Parameters of the pipeline: values that can be changed when a run is submitted.

A component has its training spec and its search as one JSON property each. The package adds the pipeline's
parameters to its inputs, and the container entry merges them into these properties before the executor runs.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from components.errors import UserError

DATA_PATH = "data_path"
"""Location of the data: a folder or file on a volume, a URI, or a function that writes it."""

DATA_VERSION = "data_version"
"""Any text that changes when the data does; Kubeflow's cache knows nothing else about the data."""

EPOCHS = "epochs"
"""Maximum number of epochs of a training."""

TRIALS = "trials"
"""Maximum number of trials of the search."""

SCHEDULED = "[[ScheduledTime]]"
"""What Kubeflow replaces by the time that a recurring run was due."""

NAMES = (DATA_PATH, DATA_VERSION, EPOCHS, TRIALS)


def needed_by(properties: Mapping[str, Any], available: Mapping[str, Any]) -> list[str]:
    """The pipeline parameters that a component with these properties takes.

    Args:
        properties: Execution properties of the component.
        available: Parameters of the pipeline.
    """
    takes = {
        DATA_PATH: "input_base" in properties,
        DATA_VERSION: "input_base" in properties,
        EPOCHS: "training" in properties or "config" in properties,
        TRIALS: "search" in properties or "config" in properties,
    }
    # The candidate covers everything that determines the model.
    return [name for name in available if takes[name] or "candidate" in properties]


def apply(properties: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Merges the parameters that differ from their defaults into the execution properties.

    Args:
        properties: Execution properties, including the parameters.
        defaults: Values of the parameters that the properties were compiled with.

    Raises:
        UserError: The run is a recurring one, and Kubeflow did not say when it was due.
    """
    if properties.get(DATA_VERSION) == SCHEDULED:  # every run would be the same for the cache
        raise UserError(
            f"{DATA_VERSION}: this Kubeflow does not replace {SCHEDULED}, as it does from release 2.16 on; update it, "
            "or call submit at these times"
        )
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
    """A section of the configuration, with the changed parameters."""
    if section is None:
        return None
    values = {}
    if EPOCHS in changed:
        text = str(changed[EPOCHS]).strip()
        epochs = int(text) if text.isdecimal() else text
        if name == "training":
            values["epochs"] = epochs
        elif section["epochs"] is not None and isinstance(epochs, int):
            values["epochs"] = min(section["epochs"], epochs)
    if TRIALS in changed and TRIALS in section:
        values["trials"] = changed[TRIALS]
    return {**section, **values}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
