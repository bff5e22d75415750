"""The TFX pipeline around the schedule library: configuration, DAG, default models and preprocessing.

`pipeline.load_model` loads a model that a run exported.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.prediction.finding import load_model

__all__ = ["load_model"]


def __getattr__(name: str) -> Any:
    # Deferred, so that importing a submodule does not import Arrow.
    if name == "load_model":
        from pipeline.prediction.finding import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
