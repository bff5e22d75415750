"""The commands in the documentation are valid commands of kubeflow_runner.py."""

import re
import shlex

import pytest

import kubeflow_runner
from tests.conftest import ROOT


def documented(file: str) -> list[list[str]]:
    """Arguments of kubeflow_runner.py wherever a code block calls it."""
    blocks = re.findall(r"```\w*\n(.*?)```", (ROOT / file).read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    calls = [shlex.split(line, comments=True) for line in lines if "kubeflow_runner.py" in line]
    return [call[call.index(".venv/bin/python") + 2 :] for call in calls]


@pytest.mark.parametrize("file", ["README.md", "docs/kubeflow.md"])
def test_commands_are_taken(file):
    calls = documented(file)
    assert {call[0] for call in calls} == {"compile", "submit"}
    for name, *arguments in calls:
        context = kubeflow_runner.main.commands[name].make_context(name, arguments)
        assert name == "submit" or (ROOT / context.params["config"]).is_file()
