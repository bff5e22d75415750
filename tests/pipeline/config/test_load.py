from pathlib import Path

import pytest

from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from tests.conftest import ROOT
from tests.pipeline.config.tabular import TABULAR, having, load_tabular


@pytest.mark.parametrize("name", ["cifar10", "digits", "tabular"])
def test_examples_are_valid(name):
    assert load(ROOT / f"examples/{name}.yaml").name == name


@pytest.mark.parametrize(
    ("overrides", "key", "remedy"),
    [
        ({"trainig": 1}, "trainig: ", "did you mean training?"),
        ({"beam": ["--runner", "FlinkRunner"]}, "beam: ", "form --name=value; got '--runner'"),
        ({"data": {"labl": "x"}}, "data.labl: ", "did you mean label?"),
        ({"name": "My Data"}, "name: ", "lower-case letters"),
        ({"threads": 0}, "threads: ", "must be an integer in [1, 1024]; got 0"),
        ({"data": {"path": Path("x")}}, "data.path: ", "either data.path"),
        ({"data": {"source": "examples.nothing.digits"}}, "data.source: ", "no module 'examples.nothing'"),
        ({"data": {"source": "digits"}}, "data.source: ", "package.module.function"),
        ({"data": {"source": "os.system"}}, "data.source: ", "'os.system' is in Python's standard library; name a function of your own module"),
        ({"model": {"build": "builtins.eval"}}, "model.build: ", "is in Python's standard library; name a function"),
        ({"model": {"preprocessing": "subprocess.run"}}, "model.preprocessing: ", "is in Python's standard library; name a function"),
        ({"search": {"algorithm": "shutil.rmtree"}}, "search.algorithm: ", "is in Python's standard library; name an algorithm"),
        ({"data": {"splits": {"train": 8}}}, "data.splits: ", "all three"),
        ({"data": {"splits": {"train": 8, "eval": 0, "test": 1}}}, "data.splits.eval: ", "must be an integer in [1, 1000000]; got 0"),
        ({"data": {"pattern": "*.feather"}}, "data.pattern: ", "*.parquet or */*; got '*.feather'"),
        ({"data": {"pattern": "rows-*"}}, "data.pattern: ", "*.parquet or */*; got 'rows-*'"),
        ({"data": {"shapes": {"image": [8, 8]}}}, "data.shapes.image: ", "3"),
        ({"data": {"dates": {"day": "%d.%m."}}}, "data.dates: 'day': '%d.%m.': ", "it has no year; add %Y or %y"),
        ({"model": {"build": "pipeline.models.nothing"}}, "model.build: ", "has no function 'nothing'"),
        ({"training": {"epochs": "many"}}, "training.epochs: ", "must be a number followed by st, ep, % or ex"),
        ({"training": {"learning_rate": {"family": "constant", "peak": -1}}}, "training.learning_rate.peak: ", "(0, inf)"),
        ({"training": {"plateau": {"patience": 0}}}, "training.plateau.patience: ", "integer in [1, 1000000000]"),
        ({"training": {"plateau": {"patiense": 3}}}, "training.plateau.patiense: ", "unknown key; did you mean patience? known keys: "),
        ({"training": {"epochs": 3, "learning_rate": {"family": "cosine", "peak": 0.1, "warmup": "10ep"}}}, "training.learning_rate.warmup: ", "in 3 epochs"),
        ({"training": {"epochs": 40}, "search": {"space": {"learning_rate": {"warmup": ["1ep", "90ep"]}}}}, "search.space.learning_rate.warmup: ", "epochs, assuming"),
        ({"search": {"trials": 0}}, "search.trials: ", "must be an integer in [1, 10000]; got 0"),
        ({"search": {"space": {}}}, "search.space: ", "at least one"),
        ({"search": {"space": {"plateau": {"factor": [0.5, 2]}}}}, "search.space.plateau.factor: ", "number in (0, 1)"),
        ({"search": {"space": {"learning_rate": {"peek": [1.0]}}}}, "search.space.learning_rate.peek: ", "did you mean peak?"),
        ({"search": {"algorithm": "hyperband", "trials": 20}}, "search.trials: ", f"is not an option of hyperband; leave it out, or use {having('trials')}"),
        ({"search": {"algorithm": "random", "factor": 4}}, "search.factor: ", f"use {having('factor')}"),
        ({"search": {"algorithm": "grid", "parallel": 2}}, "search.parallel: ", f"use {having('parallel')}"),
        ({"training": {"epochs": 40}, "search": {"algorithm": "halving", "min_epochs": 500}}, "search.min_epochs: ", "must be at most the 40 epochs of a trial"),
        ({"search": {"objective": "val_quality"}}, "search.direction: ", "set it to min or max"),
        ({"search": {"direction": "min"}}, "search.direction: ", "requires an objective"),
        ({"search": {"start": [{"batch_size": 3}]}}, "search.start.0.batch_size: ", "is not "),
        ({"search": {"prior": "nowhere.json"}}, "search.prior: ", "nowhere.json: No such file"),
        ({"search": {"prior": __file__}}, "search.prior: ", "not JSON; give a tuner_results.json"),
        ({"search": {"prior": [{"a": 1}]}}, "search.prior: ", "these are not a list of trials with a score; give a tuner_results.json"),
        ({"search": {"prior": [{"score": 1, "objective": "val_accuracy", "direction": "max"}]}}, "search.prior: ", "its objective val_accuracy (max) differs from this search's val_loss (min); use"),
        ({"search": {"prior": [{"score": 1, "objective": "val_loss", "direction": "max"}]}}, "search.prior: ", "its objective val_loss (max) differs from this search's val_loss (min)"),
        ({"search": {"prior": 7}}, "search.prior: ", "give a tuner_results.json"),
        ({"evaluation": {"metric": "log_loss"}}, "evaluation.metric: ", "'log_loss' is not a metric; did you mean cross_entropy? use accuracy, "),
        ({"evaluation": {"metric": "quantile_loss:2"}}, "evaluation.metric: ", "between 0 and 1, as in quantile_loss:0.9; got '2'"),
        ({"evaluation": {"metric": "nowhere.loss"}}, "evaluation.metric: ", "no module 'nowhere' on the import path"),
        ({"evaluation": {"threshold": True}}, "evaluation.threshold: ", "must be a number in (-inf, inf); got True"),
        ({"evaluation": {"min_improvement": False}}, "evaluation.min_improvement: ", "must be a number in (-inf, inf); got False"),
        ({"evaluation": {"slices": [2020]}}, "evaluation.slices.0: ", "must be text, in quotes; got 2020"),
        ({"evaluation": {"slices": "sex"}}, "evaluation.slices: ", "must be a list; got 'sex'"),
        ({"data": {"positive": []}}, "data.positive: ", "must be text or an integer or true or false; got []"),
        ({"data": {"classes": ["a", 1]}}, "data.classes: ", "must be all text, in quotes, or all integers; got ['a', 1]"),
        ({"data": {"classes": [True, False]}}, "data.classes: ", "must be all text, in quotes"),
        ({"data": {"shapes": {"image": []}}}, "data.shapes.image: ", "must have at least 3 items, not 0; got []"),
        ({"model": {"warm_start": 2}}, "model.warm_start: ", "must be true or false; got 2"),
        ({"data": {"path": 5, "source": None}}, "data.path: ", "must be a path; got 5"),
        ({"search": {"space": {"learning_rate": {}}}}, "search.space.learning_rate: ", "is empty; add at least one list or range"),
        ({"search": {"space": {"learning_rate": {"peak": {"low": None, "high": 1}}}}}, "search.space.learning_rate.peak.low: ", "must be a number in (-inf, inf); got None"),
        ({"evaluation": {"confidence": 95}}, "evaluation.confidence: ", "must be a number in [0.5, 0.999]; got 95"),
    ],
)  # fmt: skip
def test_error_names_the_key_and_the_remedy(overrides, key, remedy):
    with pytest.raises(ConfigError) as raised:
        load_tabular(overrides)
    lines = str(raised.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{TABULAR}: {key}")
    assert remedy in lines[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\ndata: {}\nname: b", "mine.yaml: line 3: duplicate key name; keep one"),
        ("a: [{b: 1, c: 2, b: 1}]", "mine.yaml: line 1: duplicate key b; keep one"),
        ("a: &a {b: 1}\nc: {<<: *a, b: 2}", "mine.yaml: a: unknown key"),
        ("&a name: *a", "mine.yaml: "),
        ("a: &a [*a]", "mine.yaml: "),
        ("", "mine.yaml: must be a mapping"),
    ],
)
def test_what_yaml_allows(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load(tmp_path / "mine.yaml")


@pytest.mark.parametrize("written", ["", "[1]", "7"])
def test_options_for_a_section_that_is_none(csv, tmp_path, written):
    document = TABULAR.read_text().replace("data:\n", f"data: {written}\n#")
    (tmp_path / "mine.yaml").write_text(document.replace("\n  label", "\n#"))
    options = {"data": {"path": csv, "source": None, "label": "bought"}}
    if not written:
        assert load(tmp_path / "mine.yaml", options).data.path == csv
        return
    with pytest.raises(ConfigError, match=r"mine.yaml: data: must be a mapping of keys"):
        load(tmp_path / "mine.yaml", options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"numbers": {"price": "1,234"}}, "data.numbers: 'price': '1,234' may be 1.234 or 1234; write a longer example"),
        ({"numbers": {"price": "cheap"}}, "data.numbers: 'price': 'cheap' is not a number with at most a sign"),
        ({"text": ["note"], "categorical": ["note"]}, "data.text: 'note' is in data.categorical, too; remove it from"),
        ({"lists": {"note": "|"}, "dates": {"note": "ISO"}}, "data.lists: 'note' is in data.dates, too"),
    ],
)  # fmt: skip
def test_columns_are_read_in_one_way(data, message):
    with pytest.raises(ConfigError, match=message):
        load_tabular({"data": data})


def test_cells_that_yaml_takes_for_numbers():
    assert load_tabular({"data": {"missing": ["NA", -999, 0.5]}}).data.missing == ["NA", "-999", "0.5"]
