"""The pipeline and all commands with a workspace in an object store."""

import dataclasses
import json
import os
import re
import sqlite3
import subprocess
import sys

import pytest

import pipeline
from components.model_store import serving
from pipeline.remote import place
from tests.conftest import LIMIT_S, ROOT


@pytest.fixture
def first(s3, remote_run):
    return remote_run[0]


@pytest.fixture
def second(first, tmp_path):
    """A machine that has nothing yet."""
    (tmp_path / "home").mkdir()
    return dataclasses.replace(first, home=tmp_path / "home")


def artifact_uris(machine) -> list[str]:
    with sqlite3.connect(machine.copy / "metadata.db") as store:
        return [uri for (uri,) in store.execute("SELECT uri FROM Artifact WHERE state = 2")]


def test_artifacts_models_and_reports_are_in_the_store(first, remote_run):
    finished, store = remote_run[1], place.of(first.copy).store
    uris = artifact_uris(first)
    assert len(uris) == 14
    assert all(uri.startswith(f"{first.uri}/artifacts/people/") for uri in uris)
    version = serving.production(first.copy / "serving")
    assert re.search(rf"^Model +{first.uri}/serving/{version} *$", finished.stdout, re.MULTILINE)
    lineage = json.loads(store.get(f"serving/{version}/assets.extra/lineage.json"))
    assert {each["uri"] for each in lineage["artifacts"].values()} <= set(uris)
    (report,) = store.names("reports")
    page = store.get(report).decode()
    assert str(first.home) not in page
    assert store.get("run.lock") is None


def test_another_machine_takes_everything_from_the_store(second):
    finished = second.run()
    assert finished.code == 0, finished.stdout + finished.stderr
    assert set(finished.states.values()) == {"cached"}
    assert not list(second.copy.glob("artifacts/*/Transform"))  # what nobody reads is not brought


def test_commands_on_another_machine(second):
    for name, arguments, expected in (
        ("runs", [], "done"),
        ("models", [], "in production"),
        ("show", ["m1"], second.uri),
        ("diff", ["r1", "r1"], "No differences"),
        ("doctor", [], f"No damage found in {second.uri}."),
    ):
        result = second.command(name, *arguments)
        assert result.exit_code == 0, result.output
        assert expected in result.stdout
    shown = json.loads(second.command("show", "r1", "--json").stdout)
    assert re.fullmatch(rf"{second.uri}/reports/[\d.-]+\.html", shown["report"])
    assert shown["evaluation"]["candidate"]
    assert shown["result"]["epochs"] == 2
    assert shown["schema"]["columns"]["age"] == "int"
    steps = {step["component"]: step["outputs"] for step in shown["steps"]}
    assert steps["Trainer"]["model"][0].startswith(f"{second.uri}/artifacts/people/Trainer/model/")


def test_a_model_is_named_by_its_workspace(second):
    named = f"{second.uri}/serving/1"
    result = second.command(
        "predict", "--input", "rows.csv", "--output", second.home / "out.csv", "--model", named
    )
    assert result.exit_code == 2
    assert result.stderr == (
        f"--model {named}: must be a version or a folder; of a model in an object store, give the workspace with "
        "--workspace\n"
    )


def test_predictions_on_another_machine(second, monkeypatch):
    result = second.command(
        "predict", "--input", second.data / "people.csv", "--output", second.home / "out.csv"
    )
    assert result.exit_code == 0, result.output
    assert len((second.home / "out.csv").read_text().splitlines()) == 301
    monkeypatch.chdir(second.home)
    assert pipeline.load_model(second.uri).path.is_relative_to(second.copy)


def test_damage_in_the_store_is_found_and_repaired(first, second):
    (uri,) = (uri for uri in artifact_uris(first) if "/Evaluator/evaluation/" in uri)
    store = place.of(first.copy).store
    name = f"{uri.removeprefix(first.uri + '/')}/metrics.json"
    store.put(name, store.get(name).replace(b"e", b"3"))
    result = second.command("doctor")
    assert result.exit_code == 1
    assert result.stdout == (
        f"{uri}/metrics.json differs from what was written; a run with --verify that needs it recreates it\n"
    )
    finished = second.run("--verify")
    assert f"{uri}/metrics.json differs from what was written; recreating it" in finished.stdout
    assert finished.states["Evaluator"] == "done"
    assert finished.states["Trainer"] == "cached"
    assert second.command("doctor").exit_code == 0


def test_prune_removes_from_the_store(first, second):
    store = place.of(first.copy).store
    store.put("artifacts/people/Trainer/model/999/left", b"half")  # by a run that was killed
    result = second.command("prune", "--keep-runs", "1", "--yes")
    assert result.exit_code == 0, result.output
    assert f"{second.uri}/artifacts/people/Trainer/model/999\n" in result.stdout
    assert not store.names("artifacts/people/Trainer/model/999")
    assert second.command("doctor").exit_code == 0
    # The other machine has copies of what is gone.
    removed = first.command("prune", "--keep-runs", "1", "--yes").stdout
    assert f"{first.copy}/artifacts/people/Evaluator/evaluation/" in removed
    assert first.command("prune", "--keep-runs", "1", "--yes").stdout == "Nothing to remove.\n"


def test_a_store_that_does_not_answer_is_said_in_one_line(second):
    gone = dataclasses.replace(second, uri="s3://missing/people")
    result = gone.command("runs")
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(
        r"workspace: s3://missing/people cannot be read \(.*bucket does not exist\); see .*\n", result.stderr
    )
    down = {
        **os.environ,
        **second.variables,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "pipeline", "runs", "--workspace", second.uri]
    result = subprocess.run(
        command, cwd=second.home, env=down, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(
        rf"workspace: {second.uri} cannot be read \(.*127.0.0.1:9.*\); see .*\n", result.stderr
    )
