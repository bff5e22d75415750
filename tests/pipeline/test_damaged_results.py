"""Files of a finished run that are damaged: what reads them goes on without them, or names them in one line."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from components.errors import UserError
from components.model_store import model_files, serving
from pipeline.__main__ import main
from pipeline.history import facts, tables
from pipeline.history.workspace import History
from pipeline.prediction.finding import load_model
from pipeline.prediction.model import ExportedModel
from pipeline.result_files import Record, Study, read
from pipeline.run import summary
from tests import mutations
from tests.mutations import fault

pytestmark = pytest.mark.slow

PROPERTY = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Results:
    """The files of a run and of its pushed model."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        history = History(workspace)
        run, model = history.runs[0], history.models[0]
        self.pushed = workspace / "serving" / str(serving.production(workspace / "serving"))
        self.record = run.output("Trainer", "training_record").path / "record.json"
        self.study = run.output("Tuner", "study").path / "study.json"
        self.metrics = run.output("Evaluator", "evaluation").path / "metrics.json"
        self.schema = run.output("SchemaGen", "schema").path / "schema.pbtxt"
        self.card = model.artifact.path / "Format-Serving/assets.extra/model.json"
        self.served_card, self.lineage, self.evaluation = (
            self.pushed / f"assets.extra/{name}.json" for name in ("model", "lineage", "evaluation")
        )

        files = [each for each in vars(self).values() if isinstance(each, Path) and each.is_file()]
        self.originals = {file: file.read_bytes() for file in files}

    def show(self) -> None:
        """What `runs`, `models`, `show` and `diff` do, each as a table and as JSON."""
        console = Console(file=StringIO(), width=200)
        history = History(self.workspace)
        rows = [facts.run_row(history, run) for run in history.runs]
        models = [facts.model_row(history, model) for model in history.models]
        console.print(tables.runs_table(rows), tables.models_table(models), facts.dumps([*rows, *models]))
        for found in (history.runs[0], history.models[0]):
            shown = facts.of(history, found)
            console.print(tables.facts_table(shown), facts.dumps(shown))
            assert facts.differences(shown, facts.of(history, found)) == {}

    def summarise(self) -> None:
        """What the end of a run does."""
        console = Console(file=StringIO(), width=200)
        study = read(self.study, Study)
        console.print(summary._trials(study), summary._search(study, "here"))
        console.print(list(summary.training_rows(read(self.record, Record))))

    def open_model(self) -> None:
        """What `predict` does before TensorFlow is loaded."""
        model = ExportedModel(self.pushed)
        assert model.spec.epochs
        assert repr(model)
        assert model.batch_rows
        assert all((model.lineage, model.metrics))


@pytest.fixture(scope="module")
def results(digits_run) -> Results:
    return Results(digits_run.workspace)


@pytest.fixture
def restored(request, results):
    """One of the files, which is as it was after the test."""
    file: Path = getattr(results, request.param)
    yield file
    file.write_bytes(results.originals[file])


def test_whole_results_are_read(results):
    results.show()
    results.summarise()
    results.open_model()


FILES = ["record", "study", "metrics", "schema", "card", "served_card", "lineage", "evaluation"]


@pytest.mark.parametrize("restored", FILES, indirect=True)
@PROPERTY
@given(data=st.data())
def test_mutated_files(results, restored, data):
    original = results.originals[restored]
    strategy = mutations.contents(original)
    if restored.suffix == ".json":
        strategy |= mutations.documents(json.loads(original)).map(
            lambda document: json.dumps(document, default=str, skipkeys=True).encode()
        )
    restored.write_bytes(data.draw(strategy))
    results.show()
    for call in (results.summarise, results.open_model):
        assert "\n" not in fault(UserError, call)


@pytest.mark.parametrize("restored", ["lineage"], indirect=True)
@pytest.mark.parametrize(
    "content",
    [
        "[1]",
        '{"version": 1, "candidate": "x", "artifacts": []}',
        '{"version": 1, "artifacts": {"model": {"id": 1}}}',
    ],
)
def test_the_store_knows_the_version_of_a_damaged_lineage(results, restored, content):
    restored.write_text(content, encoding="utf-8")
    assert History(results.workspace).models[0].versions == [int(results.pushed.name)]


def without_checksums(version: Path, copy: Path) -> Path:
    """A copy of a pushed version that has no checksums, as if other software had pushed it."""
    return Path(shutil.copytree(version, copy, ignore=shutil.ignore_patterns(model_files.CHECKSUMS)))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"label": 1e999}'])
def test_predict_names_a_damaged_card(results, tmp_path, content):
    version = without_checksums(results.pushed, tmp_path / "serving/1")
    card = version / model_files.CARD
    card.write_bytes(content)
    arguments = ["--input", "x.csv", "--output", str(tmp_path / "y.csv"), "--workspace", str(tmp_path)]
    result = CliRunner().invoke(main, ["predict", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{card}: is damaged (")
    assert result.stderr.endswith("); restore it from a copy, or run the pipeline again\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "cut", ["saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
)
def test_a_damaged_saved_model_is_named(results, tmp_path, cut):
    version = without_checksums(results.pushed, tmp_path / "1")
    content = (version / cut).read_bytes()
    (version / cut).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=rf"^{version}: the SavedModel is damaged \(.*\); restore it"):
        load_model(tmp_path)
