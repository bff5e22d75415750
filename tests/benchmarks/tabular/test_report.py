import re

import pytest

from benchmarks.tabular.report import markdown, number, report


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.000"),
        (0.8364, "0.836"),
        (5.0501, "5.050"),
        (34.333, "34.33"),
        (999.96, "1000.0"),
        (4355.2, "4355"),
        (38978.4, "38978"),
    ],
)
def test_numbers_have_four_digits(value, text):
    assert number(value) == text


def test_a_table_is_aligned():
    assert markdown(["", "ours"], [["titanic", "0.8"]]).splitlines() == [
        "|         | ours |",
        "| ------- | ---: |",
        "| titanic |  0.8 |",
    ]


def of(table, model, *values, measure="accuracy", **others):
    return {
        (table, seed, model): {"table": table, "seed": seed, "model": model, measure: value, **others}
        for seed, value in enumerate(values)
    }


@pytest.fixture
def found():
    return {
        **of("titanic", "ours", 0.81, 0.83, 0.82, train_cpu=2.0),
        **of("titanic", "linear", 0.79, 0.81, 0.80, train_cpu=0.5),
        **of("titanic", "mlp", 0.80, train_cpu=8.0),
        **of("titanic", "constant", 0.61, 0.61, 0.61),
        **of("life", "ours", 2.0, 2.1, 1.9, measure="rmse", train_cpu=2.0),
        **of("life", "linear", 1.6, 1.7, 1.5, measure="rmse", train_cpu=0.5),
        **of("life", "constant", 9.0, 9.0, 9.0, measure="rmse"),
    }


def cells(text):
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]


def test_the_report_has_means_verdicts_and_scores(found):
    lines = cells(
        report(found, ["life", "titanic", "churn"], ["ours", "linear", "mlp", "constant", "tabm"], "ours")
    )
    assert lines[0] == ["", "ours", "linear", "mlp"]
    assert lines[2] == ["titanic", "0.820", "0.800", "0.800¹"]
    assert lines[4] == ["life", "2.000", "1.600", ""]
    assert ["linear", "1 of 2", "1 / 0 / 1", "0.952", "0 / 0 / 1", "1.000¹", "0.25"] in lines
    assert ["mlp", "1 of 1", "0 / 0 / 0"] in [line[:3] for line in lines]
    assert lines[-2:] == [["life", "− −", "? ?"], ["titanic", "+ ?", "? ?"]]


def test_the_report_says_what_failed(found):
    found["titanic", 0, "ours"] = {"table": "titanic", "seed": 0, "model": "ours", "failed": "no model"}
    text = report(found, ["titanic"], ["ours", "linear"], "ours")
    assert re.search(
        "^ours made no prediction in 1 case, which counts as the constant prediction", text, re.M
    )


def test_the_report_says_when_results_are_of_different_code(found):
    for seed in range(3):
        found["titanic", seed, "ours"]["version"] = "ab"[seed > 1]
    assert "The results of ours are of 2 versions of the code." in report(
        found, ["titanic"], ["ours"], "ours"
    )
