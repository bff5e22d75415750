"""What docs/search-in-python.md shows."""

import re

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs/search-in-python.md"


@pytest.mark.slow
def test_its_example_runs_as_pasted(tmp_path, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(compile(example.replace("/tmp/", f"{tmp_path}/"), PAGE.name, "exec"), names)
    assert names["study"].record["choice"]  # with 200 validation examples, the search is not simply trusted
    assert capsys.readouterr().out.startswith("<Study of 6 trials, best val_loss ")
    assert (tmp_path / "study.html").is_file()
