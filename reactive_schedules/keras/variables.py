"""Copies and restores the values of variables."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

Values = list[np.ndarray]


def copied(variables: Sequence[keras.Variable]) -> Values:
    """Copies the values of variables."""
    return [np.array(variable.numpy()) for variable in variables]


def number(scalar: Any) -> float:
    """The value of a scalar tensor, variable or number."""
    value: Any = keras.ops.convert_to_numpy(scalar)
    return float(value)


def put_back(variables: Sequence[keras.Variable], values: Values, what: str = "variables") -> None:
    """Assigns `values` to `variables`, in order.

    Args:
        variables: Variables to assign to.
        values: One array per variable.
        what: Name of the variables, for error messages.

    Raises:
        ValueError: Number or shapes differ; nothing is assigned.
    """
    if len(variables) != len(values):
        raise ValueError(f"{what}: expected {len(variables)} arrays, found {len(values)}")
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ValueError(
                f"{what}: {variable.path} has shape {tuple(variable.shape)}, found {value.shape}"
            )
    for variable, value in zip(variables, values, strict=True):
        # numpy's file format stores bfloat16 as two untyped bytes
        variable.assign(value.view(variable.dtype) if value.dtype.kind == "V" else value)
