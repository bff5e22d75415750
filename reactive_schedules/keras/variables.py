"""The values of variables: copied, put back, checked."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

Values = list[np.ndarray]


def copied(variables: Sequence[keras.Variable]) -> Values:
    """The variables' values, as arrays of their own."""
    return [np.array(variable.numpy()) for variable in variables]


def number(scalar: Any) -> float:
    """The value of a scalar tensor, variable or number."""
    value: Any = keras.ops.convert_to_numpy(scalar)
    return float(value)


def put_back(variables: Sequence[keras.Variable], values: Values, what: str = "variables") -> None:
    """Assigns `values` to `variables`, one by one.

    Raises:
        ValueError: if number or shapes differ; nothing has been assigned then.
    """
    if len(variables) != len(values):
        raise ValueError(
            f"{what}: expected {len(variables)} arrays, found {len(values)}: the model is another one"
        )
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ValueError(
                f"{what}: {variable.path} has shape {tuple(variable.shape)}, found {value.shape}: "
                "the model is another one"
            )
    for variable, value in zip(variables, values, strict=True):
        # numpy's file format knows bfloat16 only as two bytes
        variable.assign(value.view(variable.dtype) if value.dtype.kind == "V" else value)
