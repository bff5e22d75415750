"""Commands that permissions apply to, even when the tests run as root."""

import subprocess
import sys

from tests.conftest import ROOT, Finished

_WITHOUT_OVERRIDE = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    # The program that is about to be executed cannot have it; for a user other than root, there is none to drop.
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""A program of its own: if this process forked, gRPC's threads in it would write into the output of the command."""


def run_without_override(*arguments: object) -> Finished:
    """Runs Python with these arguments; files are only as accessible as their modes say."""
    process = subprocess.run(
        [sys.executable, "-c", _WITHOUT_OVERRIDE, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Finished(process.returncode, process.stdout, process.stderr)
