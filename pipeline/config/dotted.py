"""Dotted paths of the user's functions in a configuration."""

from components import code


def dotted(path: str) -> str:
    """Checks that a dotted path names a function, without importing its module.

    Raises:
        ValueError: It does not.
    """
    try:
        code.check(path)
    except code.CodeError as error:
        raise ValueError(str(error)) from None
    return path
