"""What is optional, and which extra of the distribution brings it."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def brought_by(extra: str) -> Iterator[None]:
    """Around imports of optional modules: where one is missing, says what to install.

    Args:
        extra: name of the extra, as in `pip install 'reactive-schedules[search]'`.

    Raises:
        ModuleNotFoundError: in one line that names the module and the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "reactive_schedules":
            raise
        raise ModuleNotFoundError(
            f"{error.name} is not installed; run pip install 'reactive-schedules[{extra}]'", name=error.name
        ) from None
