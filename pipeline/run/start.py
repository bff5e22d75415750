"""The start of a command: importing the user's code, importing fast, and keeping standard error quiet."""

import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reactive_schedules import lean


def find_own_code() -> None:
    """Makes modules in the working directory importable, as they are for `python -m`.

    The directory comes last on the path, so that nothing in it hides a module of this project or of Python.
    """
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)


@contextlib.contextmanager
def imports() -> Iterator[None]:
    """Imports TensorFlow, and speeds up what is imported with it.

    What imports create is never freed, so the garbage collector need not scan it.
    """
    gc.disable()
    try:
        lean.import_tensorflow()
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def quiet(*expected: type[BaseException]) -> Iterator[None]:
    """Holds back standard error, including that of C++ code; an unexpected error gets it as a note.

    Args:
        expected: Errors whose messages say enough.
    """
    with tempfile.TemporaryFile() as kept:
        saved = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except expected:
            raise
        except BaseException as error:
            kept.seek(0)
            error.add_note(f"Standard error:\n{kept.read().decode(errors='replace')}")
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
