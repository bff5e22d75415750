"""What a run leaves behind: no credential, and nothing that others can read except the served model."""

import gzip
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.__main__ import main
from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from pipeline.workspace import CONTENT
from tests.conftest import TableRun, run_local
from tests.planting import Plant, plants

pytestmark = pytest.mark.slow

BASE = {
    "name": "planted",
    "data": {"path": "data", "label": "bought"},
    "model": {"hyperparameters": {"width": 4, "depth": 1}},
    "training": {"epochs": 10, "batch_size": 32, "learning_rate": {"family": "constant", "peak": 0.1}},
    "evaluation": {"threshold": 0.0},
    "beam": ["--direct_running_mode=in_memory", "--azure_connection_string=of two words"],
    "kubeflow": {
        "defaults": {
            "secrets": [{"name": "database", "env": {"password": "DB_PASSWORD"}}],
            "volumes": [{"claim": "shared", "mount": "/mnt"}],
        }
    },
}
LEAKY = (
    "def build(hyperparameters, schema):\n    raise OSError('no answer from https://me:planted-login@host')\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    rows = "".join(f"{20 + number % 50},{'mf'[number % 2]},{number % 2}\n" for number in range(200))
    (folder / "data").mkdir()
    (folder / "data/people.csv").write_text("age,sex,bought\n" + rows, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def planted(folder) -> list[Plant]:
    """The secrets that `beam` and `kubeflow` take, one for every field, all of them in `config.yaml`."""
    document, taken = BASE, []
    file = folder / "config.yaml"
    for plant in plants():
        if plant.path[0] not in ("beam", "kubeflow"):
            continue  # refused, see tests/pipeline/config/test_credentials.py
        if plant.path in [other.path for other in taken] and not isinstance(plant.path[-1], int):
            continue
        file.write_text(yaml.safe_dump(plant.into(document)), encoding="utf-8")
        try:
            load(file)
        except ConfigError:
            continue
        document = plant.into(document)
        taken.append(plant)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return taken


@pytest.fixture(scope="module")
def planted_run(folder, planted) -> TableRun:
    finished = run_local("--config", folder / "config.yaml", "--workspace", folder / "workspace", "--no-tune")
    assert finished.code == 0, finished.stdout + finished.stderr
    return TableRun(folder / "data", folder / "workspace", finished)


def left_behind(run: TableRun) -> dict[str, bytes]:
    """Everything that a run has written, by name."""
    files = {str(path): path.read_bytes() for path in run.workspace.rglob("*") if path.is_file()}
    unpacked = {name: gzip.decompress(content) for name, content in files.items() if name.endswith(".gz")}
    printed = {"stdout": run.finished.stdout.encode(), "stderr": run.finished.stderr.encode()}
    return {**files, **unpacked, **printed}


def commands(workspace: Path) -> str:
    lines = [["runs"], ["models"], ["show", "r1"], ["show", "m1"]]
    shown = [
        CliRunner().invoke(main, [*line, *json, "--workspace", str(workspace)])
        for line in lines
        for json in ([], ["--json"])
    ]
    assert [result.exit_code for result in shown] == [0] * len(shown)
    return "".join(result.output for result in shown)


def test_no_secret_is_left_behind(planted_run, planted):
    files = left_behind(planted_run)
    assert {"metadata.db", "report.html", "record.json", "model.json"} <= {Path(name).name for name in files}
    secrets = [plant.secret for plant in planted] + ["of two words"]
    found = [
        (secret, name) for secret in secrets for name, content in files.items() if secret.encode() in content
    ]
    assert found == []
    shown = commands(planted_run.workspace)
    assert not any(secret in shown for secret in secrets)


def test_the_record_says_what_was_hidden(planted_run):
    result = CliRunner().invoke(main, ["show", "r1", "--json", "--workspace", str(planted_run.workspace)])
    config = json.loads(result.stdout)["config"]
    assert "kubeflow" not in config
    assert config["beam"][:2] == ["--direct_running_mode=in_memory", "--azure_connection_string=***"]


def open_to_others(workspace: Path) -> list[Path]:
    everything = (workspace, *workspace.rglob("*"))
    return [path.relative_to(workspace) for path in everything if path.stat().st_mode & 0o077]


def test_only_the_served_model_is_open_to_others(planted_run):
    workspace = planted_run.workspace
    assert {path.name for path in workspace.iterdir()} <= CONTENT
    assert {path.parts[0] for path in open_to_others(workspace)} == {"serving"}
    (version,) = (workspace / "serving").glob("[0-9]*")
    for path in (workspace / "serving", version, *version.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_a_failure_hides_the_credential_of_its_message_and_the_workspace_is_tightened(folder, planted_run):
    workspace = planted_run.workspace
    for path in (workspace, *workspace.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # as earlier releases left it
    (folder / "leaky.py").write_text(LEAKY, encoding="utf-8")
    document = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    document["model"] = {"build": "leaky.build"}
    (folder / "leaky.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    finished = run_local("--config", folder / "leaky.yaml", "--workspace", workspace, "--no-tune", cwd=folder)
    assert finished.code == 1
    assert "OSError: no answer from https://***@host" in finished.stdout
    files = left_behind(TableRun(folder / "data", workspace, finished))
    log = files[f"{workspace}/logs/Trainer.log"].decode()
    assert "OSError: no answer from https://***@host" in log
    assert [name for name, content in files.items() if b"planted-login@" in content] == []
    assert {path.parts[0] for path in open_to_others(workspace)} == {"serving"}
