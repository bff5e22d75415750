"""Commands that permissions apply to, even when the tests run as root."""

import ctypes
import subprocess
import sys

from tests.conftest import ROOT, Finished

_PR_CAPBSET_DROP = 24
_OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


def _drop_overrides() -> None:
    for capability in _OVERRIDES:
        # The program that is about to be executed cannot have it; for a user other than root, there is none to drop.
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def run_without_override(*arguments: object) -> Finished:
    """Runs Python with these arguments; files are only as accessible as their modes say."""
    process = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        preexec_fn=_drop_overrides,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Finished(process.returncode, process.stdout, process.stderr)
