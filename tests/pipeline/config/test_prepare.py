import importlib
import json
import sys

import pytest

from components.errors import UserError
from pipeline.config.errors import ConfigError
from pipeline.config.prepare import prepare
from tests.pipeline.config.tabular import load_tabular

SOURCE = """
def rows(folder):
    with (folder.parent.parent / "calls").open("a") as calls:
        calls.write("x")
    (folder / "rows.csv").write_text("n,bought\\n" + "".join(f"{n},{n % 2}\\n" for n in range(COUNT)))
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A module of the user's with a function that writes data."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "a_source_for_test_prepare.py"

    def write(count: int) -> None:
        file.write_text(f"COUNT = {count}{SOURCE}")
        sys.modules.pop(file.stem, None)
        importlib.invalidate_caches()

    return write


def test_data_are_written_once_for_each_version_of_the_code(tmp_path, source):
    source(30)
    config = load_tabular({"data": {"source": "a_source_for_test_prepare.rows", "label": "bought"}})
    calls, fingerprints = tmp_path / "workspace/data/calls", []
    for count, expected in ((30, "x"), (30, "x"), (40, "xx"), (40, "xx")):
        source(count)
        fingerprints.append(prepare(config, tmp_path / "workspace").data.fingerprint)
        assert calls.read_text() == expected
    assert fingerprints[0] == fingerprints[1] != fingerprints[2] == fingerprints[3]


def test_an_interrupted_source_leaves_nothing(tmp_path, source, monkeypatch):
    source(30)
    config = load_tabular({"data": {"source": "a_source_for_test_prepare.rows", "label": "bought"}})
    prepare(config, tmp_path / "workspace")
    source(40)
    module = importlib.import_module("a_source_for_test_prepare")

    def fail(folder):
        (folder / "rows.csv").write_text("n,bought\n")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "rows", fail)
    with pytest.raises(KeyboardInterrupt):
        prepare(config, tmp_path / "workspace")
    kept = tmp_path / "workspace/data" / config.name / "rows.csv"
    assert len(kept.read_text().splitlines()) == 31
    monkeypatch.undo()
    monkeypatch.syspath_prepend(tmp_path)
    prepare(config, tmp_path / "workspace")
    assert len(kept.read_text().splitlines()) == 41


def test_workspace_of_another_pipeline_is_refused(csv, tmp_path):
    (tmp_path / "workspace/artifacts/digits").mkdir(parents=True)
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(ConfigError, match="holds the pipeline 'digits', not 'tabular'; .* --workspace"):
        prepare(loaded, tmp_path / "workspace")


def test_other_entries_of_artifacts_are_not_pipelines(csv, tmp_path):
    (tmp_path / "workspace/artifacts/.Trash").mkdir(parents=True)
    for name in (".DS_Store", "Thumbs.db"):
        (tmp_path / "workspace/artifacts" / name).touch()
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    assert prepare(loaded, tmp_path / "workspace").config.name == "tabular"


@pytest.mark.parametrize(
    ("warm_start", "members", "fits"), [(True, 5, True), (True, 2, False), (False, 2, True)]
)
def test_a_warm_start_from_another_number_of_models_is_refused_before_the_run(
    tmp_path, warm_start, members, fits
):
    folder = tmp_path / "workspace/serving/7"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    card = {"label": {"task": "classification"}, "ensemble": {"members": 5}}
    (folder / "assets.extra/model.json").write_text(json.dumps(card), encoding="utf-8")
    config = load_tabular({"model": {"warm_start": warm_start}, "training": {"ensemble": members}})
    if fits:
        assert prepare(config, tmp_path / "workspace").config.training.ensemble == members
        return
    with pytest.raises(UserError) as raised:
        prepare(config, tmp_path / "workspace")
    assert str(raised.value) == (
        f"training.ensemble: is 2, but {folder} averages 5 models; to start from their weights, set training.ensemble "
        "to 5, or model.warm_start to false"
    )


@pytest.mark.parametrize("number", ["2147483647", "20261129120000"])
def test_a_store_on_a_server_holds_no_large_numbers_of_spans(tmp_path, number):
    (tmp_path / number).mkdir()
    rows = "".join(f"{n},{n % 2}\n" for n in range(60))
    (tmp_path / number / "rows.csv").write_text(f"n,bought\n{rows}")
    config = load_tabular({"data": {"source": None, "path": tmp_path / "{SPAN}", "label": "bought"}})
    assert prepare(config, tmp_path / "workspace").data.span.number == int(number)
    shared = config.model_copy(update={"metadata": "mysql://db:3306/runs"})
    if len(number) == 10:
        prepare(shared, tmp_path / "workspace")
        return
    with pytest.raises(
        ConfigError, match="has a number above 2,147,483,647, which a metadata store on a server cannot"
    ):
        prepare(shared, tmp_path / "workspace")
