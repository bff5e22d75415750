"""TFX components that search for, train with and evaluate learning-rate schedules."""

from typing import Any

# Kubeflow names an artifact type by an import path one module deep, so the types must be attributes of this
# package; they load on first use, because importing TFX takes seconds.
_ARTIFACTS = ("Report", "Study", "TrainingRecord", "WorkerLog")


def __getattr__(name: str) -> Any:
    if name in _ARTIFACTS:
        from components import artifacts

        return getattr(artifacts, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
