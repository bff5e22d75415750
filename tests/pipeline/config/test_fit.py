import subprocess
import sys

import pandas as pd
import pytest
import yaml

from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from pipeline.config.prepare import prepare
from tests.components.formats.examples import write_examples
from tests.conftest import ROOT
from tests.pipeline.config.tabular import TABULAR, load_tabular


@pytest.mark.parametrize(
    ("data", "evaluation", "message"),
    [
        ({"label": "sold"}, {}, "data.label: 'sold' is not a column of .*people.csv; choose one of age, region, bought"),
        ({"label": "bought "}, {}, "data.label: 'bought ' is not a column of .*people.csv; did you mean bought\\? choose one of"),
        ({"ignore": ["agee"]}, {}, "data.ignore: 'agee' is not a column; did you mean age\\? the data has age, region, bought"),
        ({"ignore": ["age", "region"]}, {}, "data.path: there is no column except the label"),
        ({"ignore": ["age"], "shapes": {"region": [8, 8, 1]}}, {}, r"data.shapes: 'region' has 1 value per row, but the shape \[8, 8, 1\] needs 64"),
        ({"label": "region", "task": "regression"}, {}, "data.task: region is text, such as 'north'"),
        ({}, {"metric": "rmse"}, "evaluation.metric: rmse does not fit a classification label"),
        ({}, {"slices": ["sex"]}, "evaluation.slices: 'sex' is not a column"),
    ],
)  # fmt: skip
def test_configuration_that_does_not_fit_the_data(csv, tmp_path, data, evaluation, message):
    loaded = load_tabular(
        {"data": {"path": csv, "source": None, "label": "bought", **data}, "evaluation": evaluation}
    )
    with pytest.raises(ConfigError, match=message):
        prepare(loaded, tmp_path / "workspace")


def test_too_few_different_rows(csv, tmp_path):
    (csv / "people.csv").write_text("age,region,bought\n" + "1,north,yes\n2,south,no\n" * 1000)
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(ConfigError, match=r"data.path: the data has only 2 distinct rows; identical rows go"):
        prepare(loaded, tmp_path / "workspace")


def test_columns_that_are_all_empty(csv, tmp_path):
    (csv / "people.csv").write_text("age,region,bought\n" + ",,yes\n,,no\n" * 20)
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(ConfigError, match="data.path: all columns except the label 'bought' are empty"):
        prepare(loaded, tmp_path / "workspace")


@pytest.mark.parametrize(
    ("label", "sections", "message"),
    [
        ("age", {"training": {"plateau": {"monitor": "val_accuracy"}}}, "training.plateau.monitor: val_accuracy is not logged when training a regression model; use one of loss, val_loss, mean_absolute_error, val_mean_absolute_error, val_rmse, "),
        ("bought", {"search": {"objective": "val_foo", "direction": "min"}}, "search.objective: val_foo is not logged .* use one of loss, val_loss, accuracy, val_accuracy, val_balanced_accuracy, val_f1, "),
        ("bought", {"search": {"objective": "mean_absolute_error"}, "model": {"build": "tests.components.user_models.dense", "hyperparameters": {"width": 8}}}, "search.objective: mean_absolute_error is not"),
        ("bought", {"search": {"objective": "val_quality", "direction": "max"}, "model": {"build": "tests.components.user_models.dense", "hyperparameters": {"width": 8}}}, None),
        ("bought", {"search": {"objective": "val_accuracy"}}, None),
        ("age", {"search": {"objective": "val_mean_absolute_error"}}, None),
    ],
)  # fmt: skip
def test_metrics_that_a_training_does_not_measure(csv, tmp_path, label, sections, message):
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": label}, **sections})
    if message is None:
        prepare(loaded, tmp_path / "workspace")
        return
    with pytest.raises(ConfigError, match=message):
        prepare(loaded, tmp_path / "workspace")


def test_path_in_the_file_is_relative_to_the_file(csv, tmp_path, monkeypatch):
    document = yaml.safe_load(TABULAR.read_text())
    document["data"] = {"path": "people", "label": "bought"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.chdir("/")
    run = prepare(load(tmp_path / "mine.yaml"), tmp_path / "workspace")
    assert run.data.directory == csv


def test_candidate_changes_with_data_and_configuration_only(csv, tmp_path):
    def candidate(**sections) -> str:
        loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}, **sections})
        return prepare(loaded, tmp_path / "workspace").candidate

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
        "import sys; from pathlib import Path; from pipeline.config.load import load; "
        "from pipeline.config.prepare import prepare; "
        f"loaded = load(Path({str(TABULAR)!r}), "
        f"{{'data': {{'path': Path({str(csv)!r}), 'source': None, 'label': 'bought'}}}}); "
        f"prepare(loaded, Path({str(tmp_path / 'workspace')!r})); "
        "print(sorted({'tensorflow', 'keras', 'tfx', 'apache_beam'} & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"


@pytest.mark.parametrize("format_", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ([123456700.0, None], [123456701.0], "123456701.0"),
        ([123456700, 123456701], [0.5], "123456701.0"),
        ([2**53, 2**53 + 1, 2**62], [0.5], "9007199254740992.0"),
        ([123456700, 123456701], [None, 2**62], None),
        ([123456700.0, 0.1, -2.5e-8], [1e30 / 3e30], "0.3333333333333333"),
        ([16777216.0, 0.1, -2.5e-8, 1e15], [7, -0.0, 3.4e38], None),
    ],
)
def test_categories_stay_different(tmp_path, format_, first, second, wrong):
    for name, column in (("a", first), ("b", second)):
        kind = pd.Series(
            column, dtype="Int64" if all(isinstance(each, int | None) for each in column) else None
        )
        table = pd.DataFrame({"x": kind, "label": [f"{name}{row}" for row in range(len(column))]})
        getattr(table, f"to_{format_}")(tmp_path / f"{name}.{format_}", index=False)
    data = {"path": tmp_path, "source": None, "label": "label"}
    prepare(load_tabular({"data": data}), tmp_path / "workspace")
    loaded = load_tabular({"data": {**data, "categorical": ["x"]}})
    if wrong is None:
        prepare(loaded, tmp_path / "workspace")
        return
    with pytest.raises(
        ConfigError,
        match=f"data.categorical: 'x' has numbers that float32 may confuse, such as {wrong}.*; write them as whole",
    ):
        prepare(loaded, tmp_path / "workspace")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"dates": {"when": "ISO"}}, "data.dates: 'when' is not a column"),
        ({"text": ["note"]}, "data.text: 'note' is not a column"),
        ({"lists": {"tags": "|"}}, "data.lists: 'tags' is not a column"),
        ({"numbers": {"price": "1,5"}}, "data.numbers: 'price' is not a column"),
        (
            {"text": ["age"]},
            "data.text: 'age' has numbers, such as 20; remove it, or add it to data.categorical",
        ),
        ({"numbers": {"region": "1,5"}}, "data.numbers: 'region': 'south' is not a number like 1,5"),
        ({"dates": {"region": "ISO"}}, "data.dates: 'region': not dates of the format ISO: 'south', 'north'"),
    ],
)
def test_reading_that_does_not_fit_the_data(csv, tmp_path, data, message):
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought", **data}})
    with pytest.raises(ConfigError, match=message):
        prepare(loaded, tmp_path / "workspace")


def test_only_left_out_columns(csv, tmp_path):
    (csv / "people.csv").write_text("x,bought\n" + "3,yes\n3,no\n3,maybe\n" * 10)
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    with pytest.raises(
        ConfigError, match="no column except the label 'bought'; 'x' is left out: all rows have the value '3'"
    ):
        prepare(loaded, tmp_path / "workspace")


def test_what_is_guessed_goes_to_the_reading_of_the_data(csv, tmp_path):
    rows = "".join(f"{row},{row % 7}.5 kg,{row % 2}\n" for row in range(40))
    (csv / "people.csv").write_text(f"n,size,bought\n{rows}NA,1 kg,1\n")
    loaded = load_tabular({"data": {"path": csv, "source": None, "label": "bought"}})
    fitted = prepare(loaded, tmp_path / "workspace")
    assert fitted.data.reading == fitted.understanding.reading
    assert fitted.data.reading.to_json() == {
        "missing": [],
        "numbers": {"size": "12.5 kg"},
        "marks": {"n": ["NA"]},
        "dates": {},
        "texts": [],
        "lists": {},
        "images": {},
    }


@pytest.mark.parametrize("section", [{"numbers": {"x": "1,5"}}, {"missing": ["NA"]}])
def test_values_of_examples_have_types(tmp_path, section):
    write_examples(tmp_path / "a.tfrecord", [{"x": [row], "label": [row % 2]} for row in range(4)])
    loaded = load_tabular({"data": {"path": tmp_path, "source": None, "label": "label", **section}})
    with pytest.raises(
        ConfigError, match="values of tf.Examples have types and are taken as they are; write"
    ):
        prepare(loaded, tmp_path / "workspace")
