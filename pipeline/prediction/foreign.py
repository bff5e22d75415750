"""What to know before a model runs that no run of this machine has made."""

from pathlib import Path

from components.model_store import model_files
from pipeline.workspace import has_store

_TOUCH_FILES_OR_PYTHON = (
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "PrintV2",
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
)
"""TensorFlow's operations that read or write any file, or call Python; none is in a model that the pipeline exports."""


def warning(model: Path) -> str | None:
    """The line to show before a model outside a workspace is loaded; None for a model inside one.

    Args:
        model: Folder of the SavedModel.
    """
    if any(has_store(folder) for folder in model.parents):
        return None
    found = file_operations(model / model_files.GRAPH)
    inside = f"; it has {', '.join(found)}, which can touch files or run Python" if found else ""
    return (
        f"{model} is not in a workspace: the program in its {model_files.GRAPH} runs with your permissions{inside}; "
        "load only models that you trust"
    )


def file_operations(graph: Path) -> list[str]:
    """The operations in a SavedModel that touch files or run Python, found without importing TensorFlow."""
    written = graph.read_bytes()
    # In a NodeDef, the name of the operation is field 2: a tag, the length, the text.
    return [name for name in _TOUCH_FILES_OR_PYTHON if b"\x12%c%s" % (len(name), name.encode()) in written]
