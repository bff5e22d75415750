"""The classes of a label, which Transform leaves beside its graph for the components after it.

They follow from the data, and there may be a thousand of them, so they are not repeated in the properties of every
component: on Kubeflow, the properties of all tasks together are one argument of a process.
"""

import dataclasses
import json
from collections.abc import Sequence

from tfx.dsl.io import fileio
from tfx.utils import io_utils

from components.errors import DataError
from components.features import LabelFeature

FILE = "classes.json"
"""File in the `TransformGraph` artifact: a list of texts or whole numbers, in the order of the model's outputs."""


def write(graph: str, classes: Sequence[str] | Sequence[int]) -> None:
    """Writes the classes.

    Args:
        graph: URI of the `TransformGraph` artifact.
        classes: Label value of each output of the model.
    """
    io_utils.write_string_file(f"{graph}/{FILE}", json.dumps(list(classes)))


def with_classes(label: LabelFeature, graph: str) -> LabelFeature:
    """Returns the label with its classes: its own, else those that Transform wrote.

    Args:
        label: Label of the data set.
        graph: URI of the `TransformGraph` artifact.

    Raises:
        DataError: There are none.
    """
    if label.classes or label.task == "regression":
        return label
    if not fileio.exists(f"{graph}/{FILE}"):
        raise DataError(
            f"data.label: {graph} does not have the classes of {label.name!r}; run Transform again, with classes in "
            "its custom_config"
        )
    with fileio.open(f"{graph}/{FILE}", "rb") as file:
        return dataclasses.replace(label, classes=tuple(json.loads(file.read())))
