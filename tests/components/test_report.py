"""The report of a run, in a browser."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.features import LabelFeature
from reactive_schedules.pages.content import Table, Text
from tests.browser import check_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(digits_run) -> Path:
    return Path(re.search(r"^Report +(\S+)", digits_run.finished.stdout, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def opened(browser, report):
    browser.open(report)
    return browser


def artifact(digits_run, pattern: str):
    found = min(
        (digits_run.workspace / "artifacts/digits").glob(pattern), key=lambda path: int(path.parent.name)
    )
    return json.loads(found.read_text())


def plot(browser, heading: str, expression: str):
    """Evaluates a JavaScript expression of `plot`, the plot below a heading."""
    return browser.script(
        f"""const figure = [...document.querySelectorAll("figure")]
          .find((figure) => figure.querySelector("h3").textContent === arguments[0]);
        const plot = figure.querySelector("[data-figure]");
        return {expression};""",
        heading,
    )


def test_page_meets_the_requirements_of_every_page(browser, report):
    check_page(browser, report)


def test_page_is_in_the_workspace_and_named_after_the_run(digits_run, report):
    assert report.parent == digits_run.workspace / "reports"
    assert re.fullmatch(r"\d{8}-\d{6}\.\d{6}\.html", report.name)
    assert f"Run {report.stem}." in report.read_text()


def test_sections(opened):
    found = opened.script("return [...document.querySelectorAll('h2')].map((h) => h.textContent)")
    assert found == [
        "Verdict",
        "Configuration",
        "Data",
        "Search",
        "Training",
        "Evaluation",
        "Lineage",
        "Use the model",
    ]


def test_decision_shows_its_reason_on_hover(opened, digits_run):
    from selenium.webdriver import ActionChains

    decisions = artifact(digits_run, "Trainer/training_record/*/record.json")["decisions"]
    first = next(decision for decision in decisions if decision["kind"] == "decay")
    mark = opened.script(
        """const mark = [...document.querySelectorAll("[data-figure] .trace")]
          .find((trace) => trace.__data__?.[0]?.trace.name === "rate cut").querySelector(".point");
        mark.scrollIntoView({ block: "center", behavior: "instant" });
        return mark;"""
    )
    opened.frame()
    ActionChains(opened.driver).move_to_element(mark).perform()
    shown = opened.script(
        """const done = arguments[0];
        (function wait() {
          const shown = document.querySelector(".hoverlayer .hovertext");
          shown ? done(shown.textContent) : setTimeout(wait, 20);
        })();""",
        wait=True,
    )
    assert f"after epoch {first['epoch'] + 1}: rate cut" in shown
    assert first["reason"] in shown


def test_training_is_drawn_on_shared_epochs(opened, digits_run):
    history = artifact(digits_run, "Trainer/training_record/*/record.json")["history"]
    drawn = plot(
        opened,
        "Loss, metric, learning rate and batch size",
        "plot.data.filter((line) => line.mode === 'lines').map((line) => [line.x, line.y])",
    )
    names = ["loss", "val_loss", "accuracy", "val_accuracy", "learning_rate", "batch_size"]
    epochs = list(range(1, len(history["loss"]) + 1))
    assert drawn == [[epochs, history[name]] for name in names]


def test_confusion_matrix_agrees_with_the_evaluator(opened, digits_run):
    metrics = artifact(digits_run, "Evaluator/evaluation/*/metrics.json")
    counts = plot(opened, "Confusion matrix", "plot.data[0].text.map((row) => row.map(Number))")
    assert sum(map(sum, counts)) == metrics["examples"]
    right = sum(counts[place][place] for place in range(10))
    assert right / metrics["examples"] == pytest.approx(metrics["candidate"]["accuracy"])


def test_commands_name_the_model_in_production(opened, digits_run):
    (version,) = list((digits_run.workspace / "serving").glob("[0-9]*"))[:1]
    commands = opened.script("return [...document.querySelectorAll('pre')].map((pre) => pre.textContent)")
    assert any(
        f"python -m pipeline predict --input rows.csv --output predictions.csv --model {version}" in c
        for c in commands
    )
    assert any(f'pipeline.load_model("{version}")' in command for command in commands)


def test_examples_beyond_the_limit_are_not_predicted(digits_run):
    from tfx.types import standard_artifacts

    from components.report.answers import answer_examples
    from components.report.quality import quality

    folder = digits_run.workspace / "artifacts/digits"
    examples = standard_artifacts.Examples()
    examples.uri = str(next(folder.glob("ExampleGen/examples/*")))
    examples.split_names = json.dumps(["test"])
    model = next(folder.glob("Trainer/model/*/Format-Serving"))
    some, all_ = (answer_examples(str(model), [examples], "test", limit) for limit in (100, 20_000))
    assert (len(some.labels), some.complete) == (100, False)
    assert all_.complete
    np.testing.assert_allclose(some.answers, all_.answers[:100], rtol=1e-5, atol=1e-7)
    metrics = artifact(digits_run, "Evaluator/evaluation/*/metrics.json")
    section = quality(metrics, LabelFeature("digit", "classification", tuple(range(10))), some)
    assert "first 100 examples of the test split" in " ".join(str(block) for block in section.blocks)


def test_slices_are_compared_with_the_model_in_production(browser, tmp_path):
    import numpy as np

    from components.report.answers import AnsweredExamples
    from components.report.quality import quality
    from reactive_schedules.pages import shell
    from reactive_schedules.pages.content import Page

    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 200)
    found = {
        "metric": "accuracy",
        "candidate": {"accuracy": 0.8},
        "baseline": {"accuracy": 0.7},
        "baseline_version": "7",
        "constant": 0.4,
        "examples": 200,
        "slices": [
            {
                "slice": {"day": 1},
                "examples": 50,
                "metrics": {"accuracy": 0.9},
                "baseline": {"accuracy": 0.6},
            },
            {"slice": {"day": 2}, "examples": 150, "metrics": {"accuracy": 0.75}, "baseline": None},
        ],
    }
    answers = random.dirichlet(np.ones(3), 200)
    label = LabelFeature("kind", "classification", ("a", "b", "c"))
    section = quality(found, label, AnsweredExamples(labels, answers, True, b""))
    path = tmp_path / "page.html"
    path.write_text(shell.render(Page("Slices", "A page.", [section])))
    check_page(browser, path)
    drawn = plot(browser, "accuracy by slice", "plot.data.map((line) => [line.name, line.y, line.x])")
    # The larger slice first.
    assert drawn == [
        ["this model", ["day 2", "day 1"], [0.75, 0.9]],
        ["version 7", ["day 2", "day 1"], [None, 0.6]],
    ]


def test_metrics_have_intervals_and_the_difference_to_production():
    import numpy as np

    from components.report.answers import AnsweredExamples
    from components.report.quality import quality

    found = {
        "metric": "accuracy",
        "candidate": {"accuracy": 0.8, "brier": 0.1},
        "intervals": {"accuracy": [0.75, 0.85], "brier": None},
        "baseline": {"accuracy": 0.7, "brier": 0.2},
        "baseline_version": "7",
        "differences": {"accuracy": {"value": 0.1, "interval": [0.04, 0.16]}},
        "constant": 0.4,
        "constants": {"accuracy": 0.4, "brier": 0.25},
        "examples": 200,
        "slices": [],
    }
    answers = AnsweredExamples(np.zeros(5, np.int64), np.full((5, 2), 0.5), True, b"")
    table = quality(found, LabelFeature("kind", "classification", ("a", "b")), answers).blocks[0]
    assert isinstance(table, Table)
    assert table.columns == [
        "metric", "this model", "95 % interval", "version 7", "better by", "95 % interval of it", "best constant",
    ]  # fmt: skip
    assert table.rows == [
        ["accuracy", 0.8, "0.750 to 0.850", 0.7, 0.1, "0.040 to 0.160", 0.4],
        ["brier", 0.1, None, 0.2, None, None, 0.25],
    ]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_model_whose_predictions_are_not_numbers_still_has_a_page(task):
    import numpy as np

    from components.report.answers import AnsweredExamples
    from components.report.quality import quality

    metric = "accuracy" if task == "classification" else "rmse"
    found = {
        "metric": metric,
        "candidate": {metric: None},
        "baseline": None,
        "baseline_version": None,
        "constant": 0.4,
        "examples": 5,
        "slices": [{"slice": {"day": 1}, "examples": 5, "metrics": {metric: None}, "baseline": None}],
    }
    answers = np.full((5, 2) if task == "classification" else 5, np.nan)
    label = LabelFeature("kind", task, ("a", "b") if task == "classification" else ())
    section = quality(found, label, AnsweredExamples(np.zeros(5), answers, True, b""))
    (*_, last) = section.blocks
    assert isinstance(last, Text)
    assert "are not numbers" in last.text


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (lambda frame: frame, set()),
        (lambda frame: frame.assign(number=frame["number"] * 3), {"number"}),
        (lambda frame: frame.assign(word=frame["word"].replace("a", "b")), {"word"}),
        # The same distribution, misread by bins of equal width and by quantiles.
        (lambda frame: pd.concat([frame, frame.head(1).assign(number=1e6)]), set()),
        (lambda frame: frame.sample(frac=0.3, random_state=1), set()),
        (lambda frame: frame.drop(columns="word"), set()),
    ],
    ids=["same", "scaled", "other words", "outlier", "sample", "column gone"],
)
def test_drift_names_the_columns_that_have_moved(change, moved):
    import numpy as np
    import tfx  # noqa: F401 - before tensorflow_data_validation
    import tensorflow_data_validation as tfdv  # isort: skip

    from components.report import drift

    random = np.random.default_rng(0)
    before = pd.DataFrame(
        {
            "number": random.gamma(2, 5, 3000),
            "code": random.choice([8, 32, 33], 3000, p=[0.7, 0.2, 0.1]),
            "word": random.choice(list("abc"), 3000),
        }
    )
    was, now = (tfdv.generate_statistics_from_dataframe(frame) for frame in (before, change(before)))
    found = drift.measure(now, was, tfdv.infer_schema(was))
    assert {column.column for column in found if column.distance > drift.THRESHOLD} == moved
    assert all(0 <= column.distance <= 1 for column in found)
