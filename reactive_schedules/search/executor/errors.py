"""Errors that cross from one process to another as plain JSON."""

import importlib

from reactive_schedules.failures import summary_of


def described(error: Exception) -> dict[str, str]:
    """Returns class and message of an error."""
    kind = type(error)
    return {
        "module": kind.__module__,
        "class": kind.__qualname__,
        "message": str(error),
        "summary": summary_of(error),
    }


def rebuilt(description: dict[str, str]) -> Exception:
    """Returns an error of the same class and message; a RuntimeError if its class takes more than a message."""
    try:
        kind = getattr(importlib.import_module(description["module"]), description["class"])
        error = kind(description["message"])
        if isinstance(error, Exception) and str(error) == description["message"]:
            return error
    except Exception:  # a class inside a function, or one with other arguments
        pass
    return RuntimeError(description["summary"])
