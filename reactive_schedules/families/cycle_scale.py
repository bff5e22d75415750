"""Scale functions for cyclical rates, known by name.

A schedule stores the name only, so that a saved model holds no code.
"""

from collections.abc import Callable
from math import log
from typing import Any

ScaleFunction = Callable[[Any, Any], Any]
_REGISTERED: dict[str, ScaleFunction] = {}


def cycle_scale(name: str) -> Callable[[ScaleFunction], ScaleFunction]:
    """Registers a scale function for `Cyclical(scale=name)`; use it as a decorator.

    The function gets `x` (the cycle, from 0, or the step, as `scale_by` says; floats of any shape) and `ops`
    (numpy or `keras.ops`: the functions both have), and returns the factor, in [0, 1], on the amplitude.
    Whoever loads a saved schedule must have registered the same name.

    Raises:
        ValueError: the name is one of ours, or taken by another function.
    """

    def register(function: ScaleFunction) -> ScaleFunction:
        known = _REGISTERED.get(name)
        # A module that is loaded again registers its functions again.
        same = known is not None and (known.__module__, known.__qualname__) == (
            function.__module__,
            function.__qualname__,
        )
        if name in (*BUILT_IN, *DECAYING) or (known is not None and not same):
            raise ValueError(f"name: {name!r} is taken; choose another")
        _REGISTERED[name] = function
        return function

    return register


def _flat(x: Any, ops: Any) -> Any:
    return ops.zeros_like(x) + 1


def _halving(x: Any, ops: Any) -> Any:
    return ops.exp(x * -log(2))


BUILT_IN: dict[str, ScaleFunction] = {"triangular": _flat, "triangular2": _halving}
DECAYING = ("exp_range", "exp_range_amplitude")


def known_scales() -> list[str]:
    """Names that `Cyclical(scale=...)` accepts now."""
    return [*BUILT_IN, *DECAYING, *sorted(_REGISTERED)]


def scale_function(name: str) -> ScaleFunction:
    """The function registered under a name.

    Raises:
        KeyError: none is.
    """
    return BUILT_IN[name] if name in BUILT_IN else _REGISTERED[name]
