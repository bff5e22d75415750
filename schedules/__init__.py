"""Learning-rate schedules that react to the data, for Keras 3.

`import schedules` is light: it loads neither Keras nor a backend. A name loads its module when it is first
used; the names that need Keras import Keras then. When Keras is loaded already, the schedule classes are
registered with Keras at once, so that a `.keras` file that holds one of them can be read.
"""

import sys
from importlib import import_module
from types import ModuleType

_EXPORTS = {
    # Durations and the spec: plain Python.
    "Horizon": "schedules.duration",
    "resolve": "schedules.duration",
    "SpecError": "schedules.errors",
    "TrainingSpec": "schedules.spec",
    "PlateauSpec": "schedules.plateau",
    "PlateauState": "schedules.plateau",
    "observe": "schedules.plateau",
    "replay": "schedules.plateau",
    "cycle_scale": "schedules.families.cycle_scale",
    # Step schedules: Keras classes.
    "Constant": "schedules.steps",
    "Cosine": "schedules.steps",
    "CosineRestarts": "schedules.steps",
    "Cyclical": "schedules.steps",
    "Exponential": "schedules.steps",
    "InverseSquareRoot": "schedules.steps",
    "InverseTime": "schedules.steps",
    "Linear": "schedules.steps",
    "OneCycle": "schedules.steps",
    "Piecewise": "schedules.steps",
    "Polynomial": "schedules.steps",
    "REX": "schedules.steps",
    "WarmupStableDecay": "schedules.steps",
    "Scaled": "schedules.scaled",
    "Sequence": "schedules.sequence",
    "Warmup": "schedules.warmup",
    # From a spec to Keras, and running it.
    "build": "schedules.build",
    "build_schedule": "schedules.build",
    "fit": "schedules.fit",
    "FitResult": "schedules.fit",
    "EpochEnd": "schedules.training_run",
    "PlateauDecay": "schedules.plateau_decay",
    "training_picture": "schedules.training_picture",
    "RateCallback": "schedules.rate_callback",
    "range_test": "schedules.range_test",
    # Looking ahead: numpy alone.
    "preview": "schedules.preview",
    "forecast": "schedules.forecast",
}

__all__ = list(_EXPORTS)


def __getattr__(name: str):
    if name not in _EXPORTS:
        raise AttributeError(f"module 'schedules' has no attribute {name!r}")
    value = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})


class _Package(ModuleType):
    """Keeps an exported name such as `schedules.fit` bound to the function when its module is imported.

    Python binds a submodule in its package after importing it, which would put the module `schedules.fit`
    in the place of the function of the same name.
    """

    def __setattr__(self, name: str, value) -> None:
        if isinstance(value, ModuleType) and _EXPORTS.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

if "keras" in sys.modules and hasattr(sys.modules["keras"], "saving"):
    import_module("schedules.registered")
