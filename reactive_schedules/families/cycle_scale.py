"""Scale functions for cyclical rates, registered by name.

A schedule stores only the name, so a saved model contains no code.
"""

from collections.abc import Callable
from math import log
from typing import Any

ScaleFunction = Callable[[Any, Any], Any]
_REGISTERED: dict[str, ScaleFunction] = {}


def cycle_scale(name: str) -> Callable[[ScaleFunction], ScaleFunction]:
    """Registers a scale function for `Cyclical(scale=name)`; use it as a decorator.

    The function receives `x` (the cycle, from 0, or the step, depending on `scale_by`; floats of any shape) and `ops`
    (numpy or `keras.ops`; use functions that both have), and returns a factor on the amplitude, in [0, 1]. Register it
    under the same name before loading a saved schedule that uses it.

    Args:
        name: Value of `scale` in a schedule.

    Raises:
        ValueError: The name is built in, or taken by another function.
    """

    def register(function: ScaleFunction) -> ScaleFunction:
        known = _REGISTERED.get(name)
        # A module that is reloaded registers its functions again.
        same = known is not None and (known.__module__, known.__qualname__) == (
            function.__module__,
            function.__qualname__,
        )
        if name in (*BUILT_IN, *DECAYING) or (known is not None and not same):
            raise ValueError(f"name: {name!r} is already registered; choose another name")
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
    """Names that `Cyclical(scale=...)` accepts."""
    return [*BUILT_IN, *DECAYING, *sorted(_REGISTERED)]


def scale_function(name: str) -> ScaleFunction:
    """The function registered under a name.

    Raises:
        KeyError: No function is registered under the name.
    """
    return BUILT_IN[name] if name in BUILT_IN else _REGISTERED[name]
