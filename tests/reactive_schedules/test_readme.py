import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def blocks(language):
    """Code blocks under the heading 'The schedule library'."""
    section = re.search(
        r"^## The schedule library\n(.*?)(?=^## |\Z)", README.read_text(), re.DOTALL | re.MULTILINE
    )
    return re.findall(rf"```{language}\n(.*?)```", section[1], re.DOTALL) if section else []


def test_there_are_five_examples():
    assert len(blocks("python")) == 5


@pytest.mark.parametrize("example", blocks("python"), ids=lambda text: f"{len(text)} characters")
def test_they_run_as_pasted(example, tmp_path):
    exec(compile(example.replace("/tmp/", f"{tmp_path}/"), "README.md", "exec"), {})


def test_the_output_shown_is_the_real_one(capsys):
    exec(compile(blocks("python")[1], "README.md", "exec"), {})
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert blocks("text")[0].splitlines() == printed
