"""What a type checker says of the public API."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

USES = Path(__file__).with_name("uses.py")


@pytest.mark.locked
def test_wrong_uses_are_found_and_right_ones_are_not():
    done = subprocess.run(
        [Path(sys.executable).with_name("basedpyright"), "--outputjson", USES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    found = {
        (error["range"]["start"]["line"] + 1, error["rule"])
        for error in json.loads(done.stdout)["generalDiagnostics"]
        if error["severity"] == "error"
    }
    lines = USES.read_text(encoding="utf-8").splitlines()
    expected = {
        (number, match[1])
        for number, line in enumerate(lines, 1)
        if (match := re.search(r"# error: (\w+)$", line))
    }
    assert len(expected) > 10
    assert found == expected
