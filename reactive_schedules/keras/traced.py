"""Variables that JAX takes as arguments of a compiled function.

A function that JAX compiles keeps the value that a variable had when it was traced, unless Keras passes the variable
along, as it does with those of model and optimizer. For other variables, `rs.fit` passes the values as arguments.
"""

import contextlib
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import keras

from reactive_schedules.errors import SpecError

_ARGUMENTS: ContextVar[dict[int, Any]] = ContextVar("arguments")


@contextlib.contextmanager
def arguments(*values: tuple[keras.Variable, Any]) -> Iterator[None]:
    """Makes `current` return these values, which may be traced, for these variables."""
    token = _ARGUMENTS.set({id(variable): value for variable, value in values})
    try:
        yield
    finally:
        _ARGUMENTS.reset(token)


def current(variable: keras.Variable) -> Any:
    """The value of a variable in a compiled function that is given it, or the variable itself."""
    return _ARGUMENTS.get({}).get(id(variable), variable)


def check_not_frozen(value: Any, computed: Any, name: str) -> None:
    """Checks that JAX is not compiling the present value of a variable into a function for ever.

    Args:
        value: Value of the variable.
        computed: Value that depends on an argument of the function, such as the optimizer's step.
        name: Name of the argument that is a variable, for the error message.

    Raises:
        SpecError: `computed` is traced by JAX, and `value` is not.
    """
    if keras.backend.backend() != "jax":
        return
    tracer = sys.modules["jax"].core.Tracer
    value = value.value if isinstance(value, keras.Variable) else value
    if isinstance(computed, tracer) and not isinstance(value, tracer):
        raise SpecError(
            f"{name}: on the jax backend, a compiled training step would never see the variable change; use rs.fit or "
            "rs.PlateauDecay, or assign the optimizer a new rs.Scaled with a number and call "
            "model.make_train_function(force=True)"
        )
