"""How commands begin: with the user's code in reach, heavy imports, and without what these write to standard error."""

import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def find_own_code() -> None:
    """Lets modules be imported from the working directory, where Python itself looks only for `python -m`.

    They come last, so that nothing there hides a module of this project or of Python.
    """
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)


@contextlib.contextmanager
def imports() -> Iterator[None]:
    """What imports make stays for good: the garbage collector need not look at it, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def quiet(*expected: type[BaseException]) -> Iterator[None]:
    """Keeps back what is written to standard error, also by C++ code, and shows it after an unforeseen error.

    Args:
        expected: errors that say themselves what is wrong.
    """
    with tempfile.TemporaryFile() as kept:
        saved = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except expected:
            raise
        except BaseException:
            kept.seek(0)
            os.write(saved, kept.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
