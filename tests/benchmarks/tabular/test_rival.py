"""The rivals that the project's own environment can run."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.tabular.rival import RIVALS, Filled, Renamed, predicted, typed

HERE = ["constant", "linear", "mlp", "hgb"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """200 rows, whose labels depend on a number with gaps and a text with a level that is new in the last row."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    number, text = rng.normal(size=200), rng.choice(["u", "v"], 200)
    rows = pd.DataFrame(
        {"a number": number, "text": text, "flag": number > 0, "whole": rng.integers(9, size=200)}
    )
    rows["label"] = np.where(number + (text == "u") > 0.5, "yes", "no")
    rows["amount"] = 1000 * (number + (text == "u"))
    rows.loc[::9, "a number"] = np.nan
    rows.loc[::7, "text"] = None
    rows.loc[199, "text"] = "new"
    rows[:160].to_csv(folder / "all.csv", index=False)
    rows[160:].drop(columns=["label", "amount"]).to_csv(folder / "test.csv", index=False)
    return folder


def found(folder, model, label):
    other = {"label": "amount", "amount": "label"}[label]
    pd.read_csv(folder / "all.csv").drop(columns=other).to_csv(folder / "train.csv", index=False)
    return predicted(RIVALS[model], label == "label", label, folder, 0)


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
@pytest.mark.parametrize("model", HERE)
def test_classes_have_probabilities(folder, model):
    answer = found(folder, model, "label")
    assert list(answer["classes"]) == ["no", "yes"]
    assert answer["values"].shape == (40, 2)
    assert answer["values"].sum(1) == pytest.approx(np.ones(40))
    assert answer["train_cpu"] > 0


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_a_network_learns_amounts_of_any_size(folder):
    errors = {model: np.std(found(folder, model, "amount")["values"]) for model in ("constant", "mlp")}
    assert errors["constant"] == 0
    assert errors["mlp"] > 500


def test_numbers_are_floats_and_all_else_categories_of_the_training_rows():
    train = pd.DataFrame({"n": [1, 2], "t": ["a", None], "b": [True, False], "code": ["x", "1"]})
    test = pd.DataFrame({"n": ["3", "?"], "t": ["b", "a"], "b": ["True", ""], "code": ["1", "2"]})
    train, test = typed(train, test)
    assert list(train.dtypes.astype(str)) == list(test.dtypes.astype(str)) == ["float64", *["category"] * 3]
    assert test.astype(object).where(test.notna(), None).to_numpy().tolist() == [
        [3.0, None, "True", "1"],
        [None, "a", None, None],
    ]


class Seen:
    """An estimator that shows what it gets."""

    def fit(self, rows, labels):
        self.rows = rows

    def predict(self, rows):
        return rows


def test_gaps_are_filled_with_the_mean_of_the_training_rows_and_marked():
    estimator = Filled(Seen())
    text = pd.Categorical(["a", None, "a"])
    estimator.fit(pd.DataFrame({"n": [1.0, np.nan, 3.0], "m": [1.0, 1.0, 1.0], "t": text}), np.zeros(3))
    asked = estimator.predict(pd.DataFrame({"n": [np.nan], "m": [np.nan], "t": pd.Categorical(["a"])}))
    assert pd.DataFrame(asked)[["n", "m", "n is missing"]].to_numpy().tolist() == [[2.0, 1.0, 1.0]]


def test_names_are_numbered():
    estimator = Renamed(Seen())
    assert list(estimator.predict(pd.DataFrame({'a "b", c': [1], "d": [2]}))) == ["column0", "column1"]
