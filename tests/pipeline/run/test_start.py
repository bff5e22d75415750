import importlib
import sys

import pytest
from click.testing import CliRunner

import kubeflow_runner
import local_runner

MINE = """
name: mine
data: {path: nowhere, label: x}
model: {build: mine_for_start_test.build}
training: {learning_rate: {family: constant, peak: 0.1}}
"""


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (local_runner.main, [], "nowhere does not exist"),
        (kubeflow_runner.main, ["compile", "--image", "i", "--pipeline-root", "s3://b"], "kubeflow.data: is missing"),
    ],
)  # fmt: skip
def test_own_code_is_found_in_the_working_directory(tmp_path, monkeypatch, main, arguments, message):
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(MINE)
    finished = CliRunner().invoke(main, [*arguments, "--config", "mine.yaml"])
    assert (
        "model.build: no module 'mine_for_start_test' on the import path; run from its folder"
        in finished.stderr
    )
    (tmp_path / "mine_for_start_test.py").write_text("def build(hyperparameters, schema): pass")
    importlib.invalidate_caches()
    finished = CliRunner().invoke(main, [*arguments, "--config", "mine.yaml"])
    assert message in finished.stderr
