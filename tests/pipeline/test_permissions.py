"""What the machine does not permit is one line with exit code 2, before any work is done."""

import pytest

from tests.permissions import run_without_override

SPEC = "learning_rate: {family: constant, peak: 0.1}"


@pytest.fixture
def workspace(tmp_path):
    for version in (5, 6):
        (tmp_path / f"workspace/serving/{version}").mkdir(parents=True)
        (tmp_path / f"workspace/serving/{version}/saved_model.pb").touch()
    yield tmp_path / "workspace"
    for place in (tmp_path / "workspace", tmp_path / "workspace/serving", tmp_path / "out"):
        if place.exists():
            place.chmod(0o700)


@pytest.mark.parametrize(
    ("closed", "mode", "arguments", "message"),
    [
        ("serving", 0o500, ["local_runner.py"], "workspace: {closed} cannot be used: Permission denied; fix this"),
        (".", 0o500, ["local_runner.py"], "workspace: {closed} cannot be used: Permission denied; fix this"),
        ("metadata.db", 0o400, ["local_runner.py"], "workspace: {closed} cannot be used: Permission denied; fix this"),
        ("metadata.db", 0o000, ["-m", "pipeline", "runs"], "{closed} is not a readable ML Metadata store: unable to"),
        ("serving", 0o500, ["-m", "pipeline", "rollback", "5"], "{closed}/.lock: Permission denied; fix this"),
        ("serving", 0o000, ["-m", "pipeline", "predict", "--input", "a.csv", "--output", "-"], "{closed}: Permission denied; fix this"),
    ],
)  # fmt: skip
def test_a_workspace_that_is_closed(workspace, closed, mode, arguments, message):
    place = workspace / closed
    (workspace / "metadata.db").touch()
    (workspace / "FORMAT").write_text("1\n")
    place.chmod(mode)
    finished = run_without_override(*arguments, "--workspace", workspace)
    assert (finished.code, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert line.startswith(message.format(closed=place))


@pytest.mark.parametrize(
    "arguments",
    [
        [
            "-m",
            "reactive_schedules",
            "preview",
            "{folder}/spec.yaml",
            "--examples",
            "9",
            "-o",
            "{folder}/out/a.svg",
        ],
        [
            "kubeflow_runner.py",
            "compile",
            "--image",
            "i",
            "--pipeline-root",
            "s3://b/p",
            "-o",
            "{folder}/out/a.yaml",
        ],
    ],
)
def test_an_output_that_is_closed(workspace, tmp_path, arguments):
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "out").mkdir(mode=0o500)
    finished = run_without_override(*(each.format(folder=tmp_path) for each in arguments))
    assert (finished.code, finished.stdout) == (2, "")
    assert f"{tmp_path}/out/a." in finished.stderr
    assert "Permission denied" in finished.stderr
    assert finished.stderr.count("\n") == 1
