"""Optional dependencies, and the extras of the distribution that install them."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def brought_by(extra: str) -> Iterator[None]:
    """A context for imports of optional modules: if one is missing, the error says what to install.

    Args:
        extra: Name of the extra, as in `pip install 'reactive-schedules[search]'`.

    Raises:
        ModuleNotFoundError: A module is not installed; names the module and the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "reactive_schedules":
            raise
        raise ModuleNotFoundError(
            f"{error.name} is not installed; run pip install 'reactive-schedules[{extra}]'", name=error.name
        ) from None
