"""The pipeline and all commands on a metadata store of a real MariaDB and a real PostgreSQL: `make store-test`.

No part of the ordinary suite, because it needs the servers and takes minutes.
"""

import csv
import json
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.metadata import excerpt, server
from pipeline.workspace import DATABASE
from tests.conftest import ROOT, run_local
from tests.engines import agreement
from tests.processes import Process
from tests.store.conftest import command, listed, on
from tests.store.servers import PASSWORD

TRIALS = ["--set", "search.trials=2"]


@pytest.fixture(scope="session")
def local(tmp_path_factory):
    """The results of a run with a store of its own."""
    workspace = tmp_path_factory.mktemp("local") / "workspace"
    done = run_local("--workspace", workspace, *TRIALS)
    assert done.code == 0, done.stdout + done.stderr
    return agreement.results(workspace)


def ids(workspace: Path) -> set[int]:
    """The numbers of the executions that a workspace knows."""
    shown = [
        json.loads(command("show", run["id"], "--json", "--workspace", workspace))
        for run in listed("runs", workspace)
    ]
    return {step["execution"] for run in shown for step in run["steps"]}


@pytest.fixture(scope="module")
def pair(running, tmp_path_factory):
    """Two workspaces of one team, with pipelines of one name, that make their first run at the same time."""
    folder = tmp_path_factory.mktemp("pair")
    runs = [
        Process(
            [sys.executable, "local_runner.py", "--workspace", folder / name, *TRIALS, *on(running)],
            folder / f"{name}.log",
        )
        for name in ("first", "second")
    ]
    for run in runs:
        code, output = run.wait()
        assert code == 0, output
    return folder / "first", folder / "second"


def test_two_at_a_time_compute_what_one_with_a_store_of_its_own_does(pair, local):
    for workspace in pair:
        assert agreement.differences(agreement.results(workspace), local) == []
        assert not (workspace / DATABASE).exists()


def test_each_workspace_sees_its_own_runs_only(running, pair):
    for workspace in pair:
        assert [(run["id"], run["state"], run["pipeline"]) for run in listed("runs", workspace)] == [
            ("r1", "done", "digits")
        ]
        assert [model["id"] for model in listed("models", workspace)] == ["m1"]
    first, second = map(ids, pair)
    assert len(first) == len(second) == 11
    assert not first & second
    with server.Session(running.address("team")) as session:
        assert excerpt.last_execution(session) == max(first | second)


def test_the_commands(running, pair):
    first, second = pair
    again = run_local("--workspace", first, *TRIALS, *on(running))
    assert again.code == 0, again.stdout + again.stderr
    assert set(again.states.values()) == {"cached"}
    changed = run_local(
        *("--workspace", first, "--no-tune", "--orchestrator", "local", *on(running)),
        *("--set", "training.seed=1"),
    )
    assert changed.code == 0, changed.stdout + changed.stderr
    assert [run["id"] for run in listed("runs", first)] == ["r1", "r2", "r3"]
    assert len(listed("runs", second)) == 1
    assert json.loads(command("show", "r3", "--json", "--workspace", first))["state"] == "done"
    lineage = json.loads(command("show", "m1", "--json", "--workspace", first))
    assert {step["component"] for step in lineage["steps"]} >= {"ExampleGen", "Transform", "Trainer"}
    assert "seed" in command("diff", "r1", "r3", "--workspace", first)
    for workspace in pair:
        assert command("doctor", "--workspace", workspace) == f"No damage found in {workspace}.\n"
    before = {path: path.stat().st_mtime_ns for path in second.rglob("*")}
    assert "Nothing to remove" not in command("prune", "--keep-runs", 1, "--yes", "--workspace", first)
    assert {path: path.stat().st_mtime_ns for path in second.rglob("*")} == before
    assert command("doctor", "--workspace", first) == f"No damage found in {first}.\n"
    versions = [version for model in listed("models", first) for version in model["versions"]]
    assert len(versions) >= 1
    if len(versions) > 1:
        command("rollback", versions[0], "--workspace", first)
        assert listed("models", first)[0]["state"] == "in production"
    rows = next(path for path in (first / "data/digits").rglob("*") if path.is_file())
    command("predict", "--workspace", first, "--input", rows, "--output", first.with_name("predicted.csv"))
    assert "prediction" in first.with_name("predicted.csv").read_text(encoding="utf-8")
    cached = run_local("--workspace", second, *TRIALS, *on(running))
    assert set(cached.states.values()) == {"cached"}


def test_nothing_holds_the_password(pair):
    for path in (path for workspace in pair for path in workspace.rglob("*") if path.is_file()):
        assert PASSWORD.encode() not in path.read_bytes(), path


def test_texts_come_back_as_they_were(running, tmp_path):
    """Quotes, backslashes, other scripts: names of columns and classes, and of the workspace."""
    workspace, data = tmp_path / "größe '日本' 😀", tmp_path / "rows.csv"
    classes = [r"it's \ 'big' \" 日本", "groß\\"]
    with data.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["größe 'a' \"b\"", "label", "other"])
        rows.writerows([size, classes[size > 150], size % 7] for size in range(300))
    config = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text(encoding="utf-8"))
    config["training"]["epochs"] = 2
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    asked = [
        "--config",
        tmp_path / "config.yaml",
        "--data",
        data,
        "--label",
        "label",
        "--no-tune",
        *on(running),
    ]
    done = run_local(*asked, "--workspace", workspace)
    assert done.code == 0, done.stdout + done.stderr
    again = run_local(*asked, "--workspace", workspace)
    assert set(again.states.values()) == {"cached"}, again.stdout + again.stderr
    apart = tmp_path / "apart"
    assert run_local(*asked[:-2], "--workspace", apart).code == 0
    shown, expected = (
        json.loads(command("show", "r1", "--json", "--workspace", each)) for each in (workspace, apart)
    )
    for section in ("config", "schema", "data"):
        assert shown[section] == expected[section] or section == "data"
    assert command("doctor", "--workspace", workspace) == f"No damage found in {workspace}.\n"


def test_reading_needs_no_right_to_write(running, pair, monkeypatch):
    user = f"CREATE USER reader IDENTIFIED BY '{PASSWORD}'"
    grant = "GRANT SELECT ON team.* TO reader"
    if running.scheme == "postgresql":
        user, grant = (
            f"CREATE USER reader PASSWORD '{PASSWORD}'",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        )
    running.execute("team", user, grant)
    for name in running.environment:
        if name.endswith("USER"):
            monkeypatch.setenv(name, "reader")
    assert listed("runs", pair[1])
    assert listed("models", pair[1])


def test_a_server_that_is_lost_in_a_run(running, tmp_path):
    workspace = tmp_path / "workspace"
    run = Process(
        [sys.executable, "local_runner.py", "--workspace", workspace, "--no-tune", *on(running)],
        tmp_path / "log",
    )
    run.said("✓ Transform")
    running.kill()
    code, output = run.wait()
    try:
        assert code == 2, output
        address = running.address("team")
        assert output.splitlines()[-1] == (
            f"metadata: the connection to {address} was lost during the run; run again when the server answers, "
            "finished components are kept"
        )
        assert "Traceback" not in output
        for words in (["runs"], ["show", "r1"], ["doctor"], ["prune", "--yes"]):
            said = command(*words, "--workspace", workspace, code=2)
            assert said.startswith(f"metadata: the server of {address} does not answer (")
            assert said.count("\n") == 1
    finally:
        running.start()
    assert listed("runs", workspace)[0]["state"] == "interrupted"
    done = run_local("--workspace", workspace, "--no-tune", *on(running))
    assert done.code == 0, done.stdout + done.stderr
    assert {done.states[name] for name in ("ExampleGen", "StatisticsGen", "SchemaGen", "Transform")} == {
        "cached"
    }
    assert command("doctor", "--workspace", workspace) == f"No damage found in {workspace}.\n"
