import subprocess
import sys
from pathlib import Path

import pytest

import local_runner
from tests.conftest import ROOT, run_local
from tests.pipeline.config.tabular import load_tabular


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["--data", "nowhere", "--label", "x"], "nowhere does not exist"),
        (["--data", "nowhere"], "--data requires --label COLUMN"),
        (["--fast", "--best"], "--fast and --best exclude each other; choose one of them"),
        (
            ["--trials", "9", "--no-tune"],
            "--trials and --no-tune, which skips the search, exclude each other",
        ),
        (
            ["--set", "search.trials=9", "--no-tune"],
            "--set search.trials=9 and --no-tune, which skips the search",
        ),
        (["--time-limit", "20m", "--fast"], "--time-limit and --fast, which skips the search, exclude each"),
        (
            ["--time-limit", "soon"],
            "search.time_limit: must be a time such as 90s, 20m, 1.5h or 2d; got 'soon'",
        ),
        (["--label", "colour"], "data.label: 'colour' is not a column"),
    ],
)
def test_wrong_arguments_exit_with_2_and_one_line(tmp_path, arguments, message):
    finished = run_local(*arguments, "--workspace", tmp_path / "workspace", is_new=True)
    assert finished.code == 2
    assert message in finished.stderr.splitlines()[-1]
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Data", "my-data"), ("123 Données", "data-123-donn-es"), ("数据", "data"), ("people.csv", "people")],
)
def test_a_folder_gives_the_pipeline_a_name(folder, name):
    options = local_runner._own_data(Path(folder), "x")
    assert options["name"] == name
    assert load_tabular({"name": name}).name == name


def test_data_that_is_a_link_to_itself(tmp_path):
    (tmp_path / "a.csv").symlink_to("a.csv")
    data, workspace = tmp_path / "a.csv", tmp_path / "workspace"
    finished = run_local("--data", data, "--label", "x", "--workspace", workspace, is_new=True)
    assert (finished.code, finished.stderr) == (
        2,
        f"data.path: {tmp_path}/a.csv cannot be read: Too many levels of symbolic links\n",
    )


def test_help_needs_no_heavy_import():
    program = "import sys, local_runner; print(sorted({'tensorflow', 'keras', 'pydantic', 'tfx'} & set(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
    assert "--data" in run_local("--help", is_new=True).stdout
