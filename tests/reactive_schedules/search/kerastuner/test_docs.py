"""What docs/with-keras-tuner.md shows."""

import re

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs/with-keras-tuner.md"


@pytest.mark.slow
def test_its_example_runs_as_pasted(tmp_path, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example.replace("/tmp/", f"{tmp_path}/"), PAGE.name, "exec"), {})
    said = capsys.readouterr().out
    assert "Showing 1 best trials" in said
    assert re.search(r"^family='(one_cycle|cosine)' peak=", said.splitlines()[-1])
