import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import local_runner
from pipeline.config import config
from tests.conftest import ROOT, run_local

TABULAR = ROOT / "examples/tabular.yaml"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [f"{20 + i},{'north' if i % 3 else 'south'},{i % 2}" for i in range(40)]
    (folder / "people.csv").write_text("age,region,bought\n" + "\n".join(rows) + "\n")
    return folder


def load(overrides: dict) -> config.Config:
    return config.load(TABULAR, overrides)


@pytest.mark.parametrize("name", ["cifar10", "digits", "tabular"])
def test_examples_are_valid(name):
    assert config.load(ROOT / f"examples/{name}.yaml").name == name


@pytest.mark.parametrize(
    ("overrides", "key", "remedy"),
    [
        ({"trainig": 1}, "trainig: ", "did you mean training?"),
        ({"beam": ["--runner", "FlinkRunner"]}, "beam: ", "form --name=value; got '--runner'"),
        ({"data": {"labl": "x"}}, "data.labl: ", "did you mean label?"),
        ({"name": "My Data"}, "name: ", "lower-case letters"),
        ({"threads": 0}, "threads: ", "greater than or equal to 1"),
        ({"data": {"path": Path("x")}}, "data.path: ", "either data.path"),
        ({"data": {"source": "examples.nothing.digits"}}, "data.source: ", "no module 'examples.nothing'"),
        ({"data": {"source": "digits"}}, "data.source: ", "package.module.function"),
        ({"data": {"splits": {"train": 8}}}, "data.splits: ", "all three"),
        ({"data": {"splits": {"train": 8, "eval": 0, "test": 1}}}, "data.splits.eval: ", "greater than or equal to 1"),
        ({"data": {"shapes": {"image": [8, 8]}}}, "data.shapes.image: ", "3"),
        ({"model": {"build": "pipeline.models.nothing"}}, "model.build: ", "has no function 'nothing'"),
        ({"training": {"epochs": "many"}}, "training.epochs: ", "integer in [1, inf)"),
        ({"training": {"learning_rate": {"family": "constant", "peak": -1}}}, "training.learning_rate.peak: ", "(0, inf)"),
        ({"training": {"plateau": {"patience": 0}}}, "training.plateau.patience: ", "integer in [1, inf)"),
        ({"training": {"plateau": {"patiense": 3}}}, "training.plateau.patiense: ", "unknown key; did you mean patience? known keys: "),
        ({"training": {"epochs": 3, "learning_rate": {"family": "cosine", "peak": 0.1, "warmup": "10ep"}}}, "training.learning_rate.warmup: ", "in 3 epochs"),
        ({"search": {"space": {"learning_rate": {"warmup": ["1ep", "90ep"]}}}}, "search.space.learning_rate.warmup: ", "epochs, if one had"),
        ({"search": {"trials": 0}}, "search.trials: ", "greater than or equal to 1"),
        ({"search": {"space": {}}}, "search.space: ", "at least one"),
        ({"search": {"space": {"plateau": {"factor": [0.5, 2]}}}}, "search.space.plateau.factor: ", "number in (0, 1)"),
        ({"search": {"space": {"learning_rate": {"peek": [1.0]}}}}, "search.space.learning_rate.peek: ", "did you mean peak?"),
        ({"search": {"algorithm": "hyperband", "trials": 20}}, "search.trials: ", "means nothing to hyperband; leave it out"),
        ({"search": {"algorithm": "random", "factor": 4}}, "search.factor: ", "use tpe or hyperband or halving"),
        ({"search": {"algorithm": "grid", "parallel": 2}}, "search.parallel: ", "use bayesian or tpe"),
        ({"search": {"algorithm": "halving", "min_epochs": 500}}, "search.min_epochs: ", "more than the epochs"),
        ({"search": {"objective": "val_quality"}}, "search.direction: ", "give min or max"),
        ({"search": {"direction": "min"}}, "search.direction: ", "belongs to an objective"),
        ({"search": {"start": [{"batch_size": 3}]}}, "search.start.0.batch_size: ", "is not "),
        ({"search": {"prior": "nowhere.json"}}, "search.prior: ", "nowhere.json: No such file"),
        ({"search": {"prior": __file__}}, "search.prior: ", "not JSON; give a tuner_results.json"),
        ({"search": {"prior": [{"a": 1}]}}, "search.prior: ", "these are not a list of trials with a score; give a tuner_results.json"),
        ({"search": {"prior": [{"score": 1, "objective": "val_accuracy", "direction": "max"}]}}, "search.prior: ", "its scores are val_accuracy (max), those of this search val_loss (min); take"),
        ({"search": {"prior": [{"score": 1, "objective": "val_loss", "direction": "max"}]}}, "search.prior: ", "its scores are val_loss (max), those of this search val_loss (min)"),
        ({"search": {"prior": 7}}, "search.prior: ", "give a tuner_results.json"),
        ({"evaluation": {"metric": "f1"}}, "evaluation.metric: ", "'accuracy'"),
    ],
)  # fmt: skip
def test_error_names_the_key_and_the_remedy(overrides, key, remedy):
    with pytest.raises(config.ConfigError) as raised:
        load(overrides)
    lines = str(raised.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{TABULAR}: {key}")
    assert remedy in lines[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\ndata: {}\nname: b", "mine.yaml: line 3: the key name is there twice; keep one"),
        ("a: [{b: 1, c: 2, b: 1}]", "mine.yaml: line 1: the key b is there twice"),
        ("a: &a {b: 1}\nc: {<<: *a, b: 2}", "mine.yaml: a: unknown key"),
        ("&a name: *a", "mine.yaml: "),
        ("a: &a [*a]", "mine.yaml: "),
        ("", "mine.yaml: must be a mapping"),
    ],
)
def test_what_yaml_allows(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(config.ConfigError, match=message):
        config.load(tmp_path / "mine.yaml")


@pytest.mark.parametrize("written", ["", "[1]", "7"])
def test_options_for_a_section_that_is_none(csv, tmp_path, written):
    document = TABULAR.read_text().replace("data:\n", f"data: {written}\n#")
    (tmp_path / "mine.yaml").write_text(document.replace("\n  label", "\n#"))
    options = {"data": {"path": csv, "source": None, "label": "bought"}}
    if not written:
        assert config.load(tmp_path / "mine.yaml", options).data.path == csv
        return
    with pytest.raises(config.ConfigError, match=r"mine.yaml: data: must be a mapping of keys"):
        config.load(tmp_path / "mine.yaml", options)


@pytest.mark.parametrize(
    ("data", "evaluation", "message"),
    [
        ({"label": "sold"}, {}, "data.label: 'sold' is not a column of .*people.csv; it has age, region, bought"),
        ({"ignore": ["agee"]}, {}, "data.ignore: 'agee' is not a column; the data has age, region, bought"),
        ({"ignore": ["age", "region"]}, {}, "data.path: there is no column besides the label"),
        ({"ignore": ["age"], "shapes": {"region": [8, 8, 1]}}, {}, r"data.shapes: 'region' has 1 value per row, but \[8, 8, 1\] takes 64"),
        ({"label": "region", "task": "regression"}, {}, "data.task: region is text, such as 'north'"),
        ({}, {"metric": "rmse"}, "evaluation.metric: rmse does not fit a classification label"),
        ({}, {"slices": ["sex"]}, "evaluation.slices: 'sex' is not a column"),
    ],
)  # fmt: skip
def test_configuration_that_does_not_fit_the_data(csv, tmp_path, data, evaluation, message):
    loaded = load(
        {"data": {"path": csv, "source": None, "label": "bought", **data}, "evaluation": evaluation}
    )
    with pytest.raises(config.ConfigError, match=message):
        config.prepare(loaded, tmp_path / "workspace")


def test_too_few_different_rows(csv, tmp_path):
    (csv / "people.csv").write_text("age,region,bought\n" + "1,north,yes\n2,south,no\n" * 1000)
    loaded = load({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(
        config.ConfigError, match=r"data.path: there are only 2 different rows; equal rows all go"
    ):
        config.prepare(loaded, tmp_path / "workspace")


def test_columns_that_are_all_empty(csv, tmp_path):
    (csv / "people.csv").write_text("age,region,bought\n" + ",,yes\n,,no\n" * 20)
    loaded = load({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(
        config.ConfigError, match="data.path: all columns besides the label 'bought' are empty"
    ):
        config.prepare(loaded, tmp_path / "workspace")


@pytest.mark.parametrize(
    ("label", "sections", "message"),
    [
        ("age", {"training": {"plateau": {"monitor": "val_accuracy"}}}, "training.plateau.monitor: val_accuracy is not measured in the training of a regression; use loss, val_loss, mean_absolute_error, val_mean_absolute_error$"),
        ("bought", {"search": {"objective": "val_foo", "direction": "min"}}, "search.objective: val_foo is not measured .* use loss, val_loss, accuracy, val_accuracy$"),
        ("bought", {"search": {"objective": "mean_absolute_error"}, "model": {"build": "tests.components.user_models.dense"}}, "search.objective: mean_absolute_error is not"),
        ("bought", {"search": {"objective": "val_quality", "direction": "max"}, "model": {"build": "tests.components.user_models.dense"}}, None),
        ("bought", {"search": {"objective": "val_accuracy"}}, None),
        ("age", {"search": {"objective": "val_mean_absolute_error"}}, None),
    ],
)  # fmt: skip
def test_metrics_that_a_training_does_not_measure(csv, tmp_path, label, sections, message):
    loaded = load({"data": {"path": csv, "source": None, "label": label}, **sections})
    if message is None:
        config.prepare(loaded, tmp_path / "workspace")
        return
    with pytest.raises(config.ConfigError, match=message):
        config.prepare(loaded, tmp_path / "workspace")


def test_workspace_of_another_pipeline_is_refused(csv, tmp_path):
    (tmp_path / "workspace/artifacts/digits").mkdir(parents=True)
    loaded = load({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(
        config.ConfigError, match="holds the pipeline 'digits', not 'tabular'; .* --workspace"
    ):
        config.prepare(loaded, tmp_path / "workspace")


def test_path_in_the_file_is_relative_to_the_file(csv, tmp_path, monkeypatch):
    document = yaml.safe_load(TABULAR.read_text())
    document["data"] = {"path": "people", "label": "bought"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.chdir("/")
    run = config.prepare(config.load(tmp_path / "mine.yaml"), tmp_path / "workspace")
    assert run.data.directory == csv


def test_candidate_changes_with_data_and_configuration_only(csv, tmp_path):
    def candidate(**sections) -> str:
        loaded = load({"data": {"path": csv, "source": None, "label": "bought"}, **sections})
        return config.prepare(loaded, tmp_path / "workspace").candidate

    first = candidate()
    assert candidate() == first
    assert candidate(evaluation={"threshold": 0.5}) == first
    assert candidate(threads=2) == first
    assert candidate(training={"seed": 1}) != first
    with (csv / "people.csv").open("a") as file:
        file.write("70,north,1\n")
    assert candidate() != first


def test_looking_at_configuration_and_data_does_not_import_tensorflow(csv, tmp_path):
    program = (
        "import sys; from pathlib import Path; from pipeline.config import config; "
        f"loaded = config.load(Path({str(TABULAR)!r}), "
        f"{{'data': {{'path': Path({str(csv)!r}), 'source': None, 'label': 'bought'}}}}); "
        f"config.prepare(loaded, Path({str(tmp_path / 'workspace')!r})); "
        "print(sorted({'tensorflow', 'keras', 'tfx', 'apache_beam'} & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["--data", "nowhere", "--label", "x"], "nowhere does not exist"),
        (["--data", "nowhere"], "--data needs --label COLUMN"),
        (["--label", "colour"], "data.label: 'colour' is not a column"),
    ],
)
def test_wrong_arguments_exit_with_2_and_one_line(tmp_path, arguments, message):
    finished = run_local(*arguments, "--workspace", tmp_path / "workspace")
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
    assert load({"name": name}).name == name


def test_help_needs_no_heavy_import():
    program = "import sys, local_runner; print(sorted({'tensorflow', 'keras', 'pydantic', 'tfx'} & set(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
    assert "--data" in run_local("--help").stdout
