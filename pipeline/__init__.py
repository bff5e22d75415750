"""The TFX pipeline around the schedule library: configuration, DAG, models and preprocessing it ships.

`pipeline.load_model` gives what runs have made to Python.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.prediction.model import load_model

__all__ = ["load_model"]


def __getattr__(name: str) -> Any:
    # Else every import of a part of this package would import Arrow.
    if name == "load_model":
        from pipeline.prediction.model import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
