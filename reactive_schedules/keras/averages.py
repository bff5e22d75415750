"""The weights at which a model should be judged whose optimizer averages them, which are not those it trains at."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from reactive_schedules.keras.optimizers import innermost
from reactive_schedules.keras.variables import Values, copied, number, put_back


@contextlib.contextmanager
def at_averages(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Gives the trainable weights the values of their averages, and takes them back on exit."""
    values = _averages(optimizer)
    if values is None:
        yield
        return
    variables = innermost(optimizer)._trainable_variables
    trained = copied(variables)
    put_back(variables, values)
    try:
        yield
    finally:
        put_back(variables, trained)


def settle(optimizer: keras.optimizers.Optimizer) -> None:
    """Starts the averages anew from the present weights, after these were set."""
    inner: Any = innermost(optimizer)
    for average, variable in zip(_anchors(inner), inner._trainable_variables, strict=False):
        if average is not None:
            average.assign(variable)


def keep_averages(optimizer: keras.optimizers.Optimizer) -> None:
    """Leaves the trainable weights at their averages."""
    values = _averages(optimizer)
    if values is not None:
        put_back(innermost(optimizer)._trainable_variables, values)
        settle(optimizer)


def _anchors(inner: Any) -> list[Any]:
    """The variables of an optimizer that hold an average, or the point from which it is computed."""
    if _is_schedule_free(inner):
        return inner._momentums
    return inner._model_variables_moving_average if inner.use_ema else []


def _averages(optimizer: keras.optimizers.Optimizer) -> Values | None:
    """The averages; None if there are none."""
    inner: Any = innermost(optimizer)
    anchors = _anchors(inner)
    if not anchors or number(inner._iterations) == 0:
        return None
    found = []
    for anchor, value, weights in zip(
        anchors, copied(inner._trainable_variables), inner._trainable_variables, strict=True
    ):
        if anchor is None:
            found.append(value)
        elif _is_schedule_free(inner):
            # Trained at y = (1 − β)z + βx, judged at x; arXiv 2405.15682.
            (z,) = copied([anchor])
            found.append(((value - (1 - inner.beta_1) * z) / inner.beta_1).astype(value.dtype))
        else:
            found.append(copied([anchor])[0].astype(weights.dtype))
    return found


def _is_schedule_free(inner: Any) -> bool:
    return isinstance(inner, getattr(keras.optimizers, "ScheduleFreeAdamW", ()))
