"""One workspace through what operators do to it: data replaced, files damaged, folders lost."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import tensorflow_transform as tft
import yaml
from click.testing import CliRunner
from tfx.types import standard_artifacts

from components.learning.splits import read_split
from components.model_store import serving
from pipeline.__main__ import main
from pipeline.history.workspace import History
from pipeline.result_files import Card
from pipeline.upkeep.artifacts import find_folders
from tests.conftest import ROOT, Finished, run_local
from tests.faults.subject import write_rows
from tests.mutations import replace

pytestmark = pytest.mark.slow


class Place:
    def __init__(self, folder: Path) -> None:
        self.data, self.workspace = folder / "rows.csv", folder / "workspace"
        self.config = folder / "config.yaml"
        document = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text())
        document["training"]["epochs"] = 20
        document["evaluation"] = {
            **document.get("evaluation", {}),
            "min_improvement": -1,
        }  # every model is pushed
        self.config.write_text(yaml.safe_dump(document))

    @property
    def serving(self) -> Path:
        return self.workspace / "serving"

    def run(self, *arguments: object) -> Finished:
        given = {"config": self.config, "data": self.data, "label": "kind", "workspace": self.workspace}
        options = (word for key, value in given.items() for word in (f"--{key}", value))
        return run_local(*options, "--no-tune", *arguments)

    def command(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, [*arguments, "--workspace", str(self.workspace)])
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    made = Place(tmp_path_factory.mktemp("trust"))
    write_rows(made.data)
    finished = made.run()
    assert finished.code == 0, finished.stdout + finished.stderr
    return made


def fingerprints(place: Place) -> list[str]:
    return [run.record["data"]["fingerprint"] for run in History(place.workspace).runs]


def test_files_touched_and_a_serving_folder_lost(place):
    version = serving.production(place.serving)
    place.data.touch()
    shutil.rmtree(place.serving)
    finished = place.run()
    assert set(finished.states.values()) == {"cached"}
    assert f"version {version} was missing from {place.serving}; restored from " in finished.stdout
    assert serving.production(place.serving) == version
    assert place.command("doctor") == (0, f"No damage found in {place.workspace}.\n")


def test_new_rows_of_the_same_size_and_time_are_trained_on(place):
    before = place.data.stat()
    replace(place.data, ".1", ".2")
    after = place.data.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    finished = place.run()
    assert (finished.code, finished.states["ExampleGen"], finished.states["Trainer"]) == (0, "done", "done")
    old, *_, new = fingerprints(place)
    assert old != new
    model = History(place.workspace).models[-1]
    card = model.artifact.json("Format-Serving/assets.extra/model.json", Card)
    assert card["data"]["fingerprint"] == new


def test_damaged_files_are_found_and_made_again(place):
    version = serving.production(place.serving)
    graph = place.serving / str(version) / "saved_model.pb"
    size = graph.stat().st_size
    graph.write_bytes(graph.read_bytes()[:100])
    evaluation = History(place.workspace).runs[-1].output("Evaluator", "evaluation").path / "metrics.json"
    evaluation.unlink()
    code, output = place.command("doctor")
    assert (code, output.splitlines()) == (
        1,
        [
            f"{graph}: its size is 100 instead of {size:,} bytes; the next run restores it",
            f"{evaluation} is missing; a run with --verify that needs it recreates it",
        ],
    )
    for command in (["predict", "--input", str(place.data), "--output", "-"], ["rollback", str(version)]):
        code, output = place.command(*command)
        assert (code, output.splitlines()) == (
            2,
            [
                f"version {version} is damaged: {graph}: its size is 100 instead of {size:,} bytes; run the pipeline again to "
                "restore it, or put another version into production"
            ],
        )
    finished = place.run("--no-cache", "Report")
    assert f"{graph}: its size is 100 instead of {size:,} bytes; restored from " in finished.stdout
    assert f"{evaluation} is missing; recreating it" in finished.stdout
    states = finished.states
    assert (states["Trainer"], states["Evaluator"], states["Report"]) == ("cached", "done", "done")
    assert graph.stat().st_size == size
    assert place.command("doctor")[0] == 0


def parsed_copies(place: Place) -> list[Path]:
    found = place.workspace.glob("artifacts/*/Transform/transformed_examples/*/.columns/*.arrow")
    return sorted(found, key=lambda copy: int(copy.parts[-3]))  # oldest first


def test_parsed_copies_of_examples_are_no_damage(place):
    for folder in place.workspace.glob("artifacts/*/Transform/transformed_examples/*"):
        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = str(folder), '["train", "eval"]'
        (graph,) = place.workspace.glob(f"artifacts/*/Transform/transform_graph/{folder.name}")
        read_split([examples], tft.TFTransformOutput(str(graph)), "train", budget=0)
    assert len(parsed_copies(place)) == 2
    assert place.command("doctor") == (0, f"No damage found in {place.workspace}.\n")


def test_old_runs_are_removed(place):
    copies = parsed_copies(place)
    models = History(place.workspace).models
    shutil.rmtree(place.serving / str(models[0].versions[0]))  # as if it had been superseded long ago
    code, output = place.command("prune", "--keep-runs", "1", "--yes")
    *removed, _ = output.splitlines()
    assert code == 0
    assert str(models[0].artifact.path) in removed
    assert not any(Path(path).exists() for path in removed)
    assert parsed_copies(place) == copies[1:]  # of the run that is kept
    assert models[-1].artifact.path.is_dir()
    assert place.command("doctor") == (0, f"No damage found in {place.workspace}.\n")
    assert place.command("prune", "--keep-runs", "1") == (0, "Nothing to remove.\n")
    assert [place.command(name)[0] for name in ("runs", "models")] == [0, 0]
    assert place.command("show", "m1")[0] == 0


def test_a_lost_database(place):
    database = place.workspace / "metadata.db"
    kept = database.rename(place.workspace / "kept.db")
    remedy = (
        f"restore it from a backup, or delete metadata.db and artifacts/ in {place.workspace} and start over (the "
        "models in serving/ are kept)\n"
    )
    finished = place.run()
    assert finished.code == 2
    assert finished.stderr == f"workspace: {database} is missing, but there are artifacts; {remedy}"
    shutil.copy(kept, database)
    with sqlite3.connect(database) as store:
        store.execute("DELETE FROM Execution WHERE id > 3")
    newer = next(folder for folder, execution in find_folders(place.workspace).items() if execution > 3)
    assert place.command("doctor") == (1, f"workspace: {database} is older than {newer}; {remedy}")
    database.write_bytes(kept.read_bytes()[:5000])
    code, output = place.command("doctor")
    assert (code, output.startswith(f"workspace: {database} is damaged: ")) == (1, True)
    kept.replace(database)
