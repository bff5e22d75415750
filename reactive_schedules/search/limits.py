"""Limits of the time that a search or a trial may take."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHOWN = 20  # characters of a faulty limit
_PATTERN = r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])"


def seconds_of(limit: str) -> float:
    """The seconds of a time limit such as `90s`, `20m`, `1.5h` or `2d`.

    Raises:
        ValueError: It is not a positive number followed by a unit.
    """
    match = re.fullmatch(_PATTERN, limit.strip(), re.ASCII) if isinstance(limit, str) else None
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not seconds:
        got = f"a text of {len(limit)} characters" if _is_long(limit) else repr(limit)
        raise ValueError(f"must be a time such as 90s, 20m, 1.5h or 2d; got {got}")
    return seconds


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > _SHOWN


def _checked(value: Any) -> str:
    seconds_of(value)
    return value.strip()


TimeLimit = Annotated[
    str,
    BeforeValidator(_checked),
    WithJsonSchema({"type": "string", "pattern": _PATTERN.replace("(?:", "("), "examples": ["20m"]}),
]
"""A time limit as a field of a pydantic model, as it was written."""
