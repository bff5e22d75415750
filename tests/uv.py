"""uv, as `make` finds it."""

import shutil

from tests.conftest import ROOT


def uv() -> str:
    found = shutil.which("uv") or shutil.which(ROOT / ".tools/bin/uv")
    assert found, "uv is neither on the path nor in .tools; run the tests with make test"
    return found
