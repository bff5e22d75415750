"""What is computed, and what is not computed again."""

import shutil

import click
import pytest
from click.testing import CliRunner

from benchmarks import tables
from benchmarks.tabular.models import MODELS, RIVALS
from benchmarks.tabular.ours import version
from benchmarks.tabular.results import append, read
from benchmarks.tabular.rival import RIVALS as MAKERS
from benchmarks.tabular.split import Table

TABLE = Table("wine", "cultivar", "classification", bundled="examples.bundled.wine")


def run(*arguments):
    return CliRunner().invoke(tables.main, ["--quick", *map(str, arguments)])


def test_a_run_continues_where_an_earlier_one_stopped(tmp_path):
    path = tmp_path / "results.jsonl"
    options = ["--results", path, "--tables", "wine,diabetes", "--models", "constant"]
    first = run(*options)
    assert first.exit_code == 0, first.output
    assert list(read(path)) == [("wine", 0, "constant"), ("diabetes", 0, "constant")]
    second = run(*options, "--seeds", 2)
    assert [line.split(":")[0] for line in second.output.splitlines() if "seed" in line] == [
        "wine, seed 1, constant",
        "diabetes, seed 1, constant",
    ]
    assert len(read(path)) == 4


def test_a_report_computes_nothing(tmp_path):
    path = tmp_path / "results.jsonl"
    for model in ("linear", "before"):
        append(path, {"table": "life", "seed": 0, "model": model, "rmse": 2.5})
    found = run("--report", "--results", path, "--subject", "before")
    assert "`before` against" in found.output
    assert "| life |" in found.output
    assert len(read(path)) == 2


def test_without_results_there_is_no_report(tmp_path):
    found = run("--report", "--results", tmp_path / "none.jsonl")
    assert found.exit_code == 1
    assert "has no results" in found.output


@pytest.mark.parametrize(
    ("model", "result", "seeds"),
    [
        ("linear", {}, [1]),
        ("ours", {"version": version()}, [1]),
        ("ours", {"version": version(), "failed": "no model"}, [1]),
        ("ours", {"version": "of other code"}, [0, 1]),
    ],
)
def test_ours_is_judged_again_when_its_code_has_changed(tmp_path, model, result, seeds):
    path = tmp_path / "results.jsonl"
    append(path, {"table": "wine", "seed": 0, "model": model, **result})
    assert tables.missing(path, TABLE, model, range(2), again=False) == seeds
    assert tables.missing(path, TABLE, model, range(2), again=True) == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tables", "titanic"], "titanic needs titanic.csv; give its folder with --data"),
        (["--tables", "wine,titanc"], "'titanc' is not titanic, credit,"),
        (["--models", "forest"], f"'forest' is not {', '.join(MODELS[:-1])} or {MODELS[-1]}"),
    ],
)
def test_wrong_names_are_refused(arguments, message):
    found = run(*arguments)
    assert found.exit_code == 2
    assert message in " ".join(found.output.replace("\u2502", "").split())


def test_a_folder_must_have_the_files_of_the_tables(tmp_path):
    for file in ("adult_train.csv", "letter.csv"):
        (tmp_path / file).touch()
    (letter,) = tables.chosen(["letter"], tmp_path)
    assert letter.label == "lettr"
    with pytest.raises(click.UsageError, match=r"adult needs adult_test\.csv"):
        tables.chosen(["adult"], tmp_path)


def test_a_rival_that_fails_ends_the_run_with_the_reason():
    found = run("--tables", "wine", "--models", "linear", "--python", shutil.which("false"))
    assert found.exit_code == 1
    assert "exited with 1" in found.output


def test_every_rival_can_be_made():
    assert list(MAKERS) == list(RIVALS)
