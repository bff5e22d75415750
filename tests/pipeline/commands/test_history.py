"""The commands on past runs, on two real ones: one with a search, and a shorter one without."""

import contextlib
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from components.baseline.executor import production_version
from components.evaluator import metrics
from components.metrics import names
from components.model_store import changes, model_files, serving
from pipeline.__main__ import main
from pipeline.data import inspection
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CHANGES = {"training": {"epochs": 3}, "evaluation": {"min_improvement": -1.0, "slices": ["digit"]}}


class Workspace:
    """The commands on one workspace, and its content."""

    def __init__(self, run, first: int, second: int):
        self.run, self.first, self.second = run, first, second
        self.path = run.workspace
        self.serving = run.workspace / "serving"

    def __call__(self, *arguments: object):
        return CliRunner().invoke(main, [*map(str, arguments), "--workspace", str(self.path)])

    def json(self, *arguments: object):
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def workspace(digits_run, tmp_path_factory):
    folder = digits_run.workspace / "serving"
    first = serving.production(folder)
    finished = digits_run.rerun(tmp_path_factory.mktemp("second"), "--no-tune", **CHANGES)
    assert finished.code == 0, finished.stdout + finished.stderr
    yield Workspace(digits_run, first, serving.production(folder))
    # Other tests expect the state after the first run.
    if serving.production(folder) != first:
        changes.make_production(folder, first)


@pytest.fixture(scope="module")
def models(workspace) -> dict[int, dict]:
    """Rows of `models` by version."""
    return {row["versions"][-1]: row for row in workspace.json("models") if row["versions"]}


def test_runs_are_listed_with_what_came_of_them(workspace, models):
    rows = workspace.json("runs")
    assert [row["id"] for row in rows] == [f"r{number}" for number in range(1, len(rows) + 1)]
    first, last = rows[0], rows[-1]
    components = len(workspace.run.finished.states)
    assert (first["state"], first["cached"], first["components"]) == ("done", 0, components)
    assert (last["state"], last["components"]) == ("done", components - 1)
    assert last["model"] == models[workspace.second]["id"]
    assert last["schedule"] == "constant 0.03, rate ×0.25"
    assert re.fullmatch(r"\d{8}-\d{6}\.\d+", last["run"])
    source = inspection.inspect(workspace.path / "data/digits", "digit")
    assert first["data"] == last["data"] == source.fingerprint
    newest = max(
        (workspace.path / "artifacts/digits/Evaluator/evaluation").iterdir(), key=lambda path: int(path.name)
    )
    found = json.loads((newest / metrics.FILE).read_text())
    assert (last["metric"], last["value"]) == ("accuracy", found["candidate"]["accuracy"])
    table = workspace("runs").stdout
    assert re.search(
        rf"^{last['id']} .* done +\d/\d+ +0\.\d+ \(0\.\d+ to [01]\.\d+\) +constant 0\.03, rate ×0\.25 +",
        table,
        re.MULTILINE,
    )


def test_models_are_listed_with_their_place(workspace, models):
    assert models[workspace.second]["state"] == "in production"
    assert models[workspace.first]["state"] == "superseded"
    assert models[workspace.second]["blessed"]
    table = workspace("models").stdout
    assert re.search(rf"^m\d+ +{workspace.second} +in production ", table, re.MULTILINE)


def test_the_evaluation_beside_a_model_is_by_slice_and_against_the_baseline(workspace):
    earlier, found = (
        json.loads((workspace.serving / str(version) / model_files.EVALUATION).read_text())
        for version in (workspace.first, workspace.second)
    )
    assert found["candidate"].keys() == found["intervals"].keys() == {*names("classification", 10)}
    assert (earlier["baseline"], found["baseline_version"]) == (None, str(workspace.first))
    assert found["baseline"] == pytest.approx(earlier["candidate"], rel=1e-5)
    assert [each["slice"] for each in found["slices"]] == [{"digit": digit} for digit in range(10)]
    assert sum(each["examples"] for each in found["slices"]) == found["examples"] == 283
    for model, key in (("candidate", "metrics"), ("baseline", "baseline")):
        total = sum(each["examples"] * each[key]["accuracy"] for each in found["slices"])
        assert total / found["examples"] == pytest.approx(found[model]["accuracy"], rel=1e-5)
    reason, against = found["reasons"]
    assert reason == "accuracy is at least 0.9000"
    assert against.startswith(f"accuracy is at most 1 worse than in version {workspace.first} (worse by 0.0")
    assert found["test_rows"] == earlier["test_rows"]


def test_a_model_leads_back_to_its_data_schema_code_and_hyperparameters(workspace, models):
    shown = workspace.json("show", workspace.second)
    assert shown == workspace.json("show", models[workspace.second]["id"])
    (schema,) = (workspace.path / "artifacts/digits/SchemaGen/schema").glob("*/schema.pbtxt")
    assert shown["schema"] == {
        "fingerprint": hashlib.sha256(schema.read_bytes()).hexdigest(),
        "columns": {"digit": "int", "image": "float"},
    }
    assert shown["data"]["path"] == str(workspace.path / "data/digits")
    assert shown["data"]["span"] == 0
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    assert shown["code"]["commit"] == (commit.stdout.strip() or None)
    assert shown["hyperparameters"]["training"]["epochs"] == 3
    assert shown["hyperparameters"]["model"]["filters"] == 16
    assert shown["result"]["epochs"] == 3
    components = [step["component"] for step in shown["steps"]]
    assert (components[0], components[-1], "Tuner" in components) == ("ExampleGen", "Trainer", False)
    # The first run read the data; later runs took it from the cache.
    assert shown["steps"][0]["run"] == "r1"
    searched = workspace.json("show", workspace.first)
    assert "Tuner" in [step["component"] for step in searched["steps"]]
    text = workspace("show", workspace.second).stdout
    assert re.search(r"^Data +[0-9a-f]{7}: .*digits, span 0", text, re.MULTILINE)
    assert re.search(r"^Trainer +r\d+ +[\d.]+", text, re.MULTILINE)


def test_a_run_shows_its_components(workspace):
    shown = workspace.json("show", "r1")
    assert workspace.json("show", shown["run"]) == shown
    assert {step["state"] for step in shown["steps"]} == {"done"}
    assert shown["config"]["search"]["trials"] == 8
    assert shown["health"] == []
    assert all(
        Path(path).exists() for step in shown["steps"] for paths in step["outputs"].values() for path in paths
    )
    assert re.search(r"^Tuner +done +[\d.]+", workspace("show", "r1").stdout, re.MULTILINE)


def test_what_differs_between_two_runs_and_two_models(workspace):
    last = workspace.json("runs")[-1]["id"]
    found = workspace.json("diff", "r1", last)
    assert found["config.training.epochs"] == {"a": 30, "b": 3}
    assert (found["config.search"]["a"]["trials"], found["config.search"]["b"]) == (8, None)
    assert found["config.evaluation.min_improvement"] == {"a": 0.0, "b": -1.0}
    assert found["result.epochs"]["b"] == 3
    assert "metrics.accuracy" in found
    assert not any(key.startswith(("data", "schema", "code")) for key in found)
    found = workspace.json("diff", workspace.first, workspace.second)
    assert found["hyperparameters.training.epochs"] == {"a": 30, "b": 3}
    table = workspace("diff", "r1", last).stdout
    assert re.search(r"^config\.training\.epochs +30 +3", table, re.MULTILINE)
    assert re.search(r"^config\.search +set +–", table, re.MULTILINE)
    assert workspace("diff", "r1", "r1").stdout == "No differences between r1 and r1.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["show", "m999"],
            "no run, model or version 'm999' in .*; it has runs r1 to r\\d+ and models m1 to m",
        ),
        (["diff", "m1", "r1"], "m1 is a model and r1 is a run; compare two runs or two models"),
        (["rollback", "r1"], "r1 is a run; give a version or a model"),
        (["rollback", "7"], "there is no version 7 in .*serving; versions: \\d+"),
        (["rollback", "nonsense"], "no run, model or version 'nonsense'"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(workspace, arguments, message):
    result = workspace(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(message + ".*\n", result.stderr)


def test_looking_neither_writes_nor_waits_long_for_a_writer(workspace):
    file = workspace.path / "metadata.db"
    before = file.read_bytes(), file.stat().st_mtime_ns
    # Another process, as two SQLite libraries in one process do not see each other's locks.
    code = (
        "import sqlite3, sys, time; store = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "store.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(1); store.execute('ROLLBACK')"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, file], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "held\n"
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=0).execute("SELECT * FROM Execution")
    assert workspace("runs").exit_code == 0
    assert workspace("models").exit_code == 0
    assert writer.wait(timeout=60) == 0
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_looking_needs_no_tensorflow(workspace):
    code = (
        "import sys; from pipeline.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print({'tensorflow', 'tfx', 'apache_beam', 'keras', 'pandas'} & set(sys.modules))"
    )
    for arguments in (["runs"], ["show", "r1"], ["models"]):
        process = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--workspace", workspace.path],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert process.stdout.splitlines()[-1] == "set()", process.stderr


def test_rolling_back_holds_for_every_reader_and_through_the_next_run(workspace, models, tmp_path):
    first, second = workspace.first, workspace.second
    assert workspace("rollback", second).stderr == f"version {second} is already in production\n"
    result = workspace("rollback", models[first]["id"])
    assert result.stdout.splitlines() == [
        f"Version {first} is in production: {workspace.serving / str(first)}",
        f"Withdrawn: {second}",
    ]
    try:
        assert serving.production(workspace.serving) == first
        assert production_version(str(workspace.serving), "another configuration") == str(first)
        states = {row["versions"][-1]: row["state"] for row in workspace.json("models") if row["versions"]}
        assert (states[first], states[second]) == ("in production", "withdrawn")
        finished = workspace.run.rerun(tmp_path, "--no-tune", **CHANGES)
        assert set(finished.states.values()) == {"cached"}
        assert (
            f"version {second} was withdrawn; in production: {workspace.serving / str(first)}"
            in finished.stdout
        )
        assert serving.production(workspace.serving) == first
    finally:
        forward = workspace.json("rollback", second)
    assert forward == {"version": second, "path": str(workspace.serving / str(second)), "withdrawn": []}
    assert serving.withdrawn(workspace.serving) == []


def test_a_version_is_in_production_before_the_pusher_has_ended(workspace, models, tmp_path):
    for name in ("metadata.db", "FORMAT"):
        shutil.copy(workspace.path / name, tmp_path)
    (tmp_path / "serving").symlink_to(workspace.serving)
    with contextlib.closing(sqlite3.connect(tmp_path / "metadata.db")) as store, store:
        forgotten = store.execute("DELETE FROM ArtifactProperty WHERE name = 'pushed_version'").rowcount
    assert forgotten >= 2
    listed = CliRunner().invoke(main, ["models", "--json", "--workspace", str(tmp_path)])
    rows = {row["id"]: row for row in json.loads(listed.stdout)}
    for version in (workspace.first, workspace.second):
        seen = rows[models[version]["id"]]
        assert (seen["versions"], seen["state"]) == ([version], models[version]["state"])


def test_every_json_field_is_documented(workspace):
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs/lineage.md").read_text()))
    shown = [workspace.json("show", name) for name in ("r1", workspace.second)]
    for row in (*workspace.json("runs"), *workspace.json("models"), *shown):
        assert row.keys() <= documented
    for facts in shown:
        for section in ("data", "schema", "result"):
            assert facts[section].keys() <= documented
        assert facts["steps"][0].keys() <= documented
