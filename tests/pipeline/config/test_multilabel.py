"""A label with several values per row: what fits it, what is guessed, and what is written down."""

import json

import pytest
import yaml

from pipeline.config.errors import ConfigError
from pipeline.config.goal import search_goal, training_goal
from pipeline.config.own_data import TEMPLATE
from pipeline.config.prepare import inspected, prepare
from pipeline.config.starter import starter
from tests.pipeline.config.tabular import load_tabular

CELLS = ["drama|comedy", "drama", "comedy", "[]", "horror|drama", "comedy"]


@pytest.fixture
def films(tmp_path):
    rows = [f"{n % 7},{CELLS[n % len(CELLS)]}" for n in range(120)]
    (tmp_path / "films.csv").write_text("stars,genres\n" + "\n".join(rows) + "\n")
    return tmp_path


def fitted(films, data=None, **sections):
    given = {"data": {"path": films, "source": None, "label": "genres", **(data or {})}, **sections}
    return inspected(load_tabular(given), films / "workspace")


def test_everything_that_was_guessed_is_in_what_runs(films):
    found = fitted(films)
    assert (found.label.task, found.label.separator, found.label.positive) == ("multilabel", "|", None)
    assert found.metric == "macro_f1"
    assert found.data.reading.lists == {"genres": "|"}
    assert training_goal(found.config, found.label, found.metric).metric == "macro_f1"
    assert any(
        line.startswith("label genres: several labels per row, separated by '|'") for line in found.lines
    )


def test_the_written_configuration_says_the_same(films):
    found = fitted(films)
    file = films / "films.yaml"
    text = starter(found, file, TEMPLATE)
    section = yaml.safe_load(text)["data"]
    assert (section["task"], section["lists"]) == ("multilabel", {"genres": "|"})
    again = fitted(films, {key: section[key] for key in ("task", "lists")})
    assert (again.label, again.metric) == (found.label, found.metric)


def test_it_can_be_taken_for_classes(films):
    assert fitted(films, {"task": "classification"}).label.classes == tuple(sorted({*CELLS}))


@pytest.mark.parametrize(
    ("data", "sections", "message"),
    [
        ({}, {"evaluation": {"metric": "accuracy"}}, "evaluation.metric: accuracy does not fit a multilabel label; use macro_f1, roc_auc, pr_auc, cross_entropy, brier, micro_f1, subset_accuracy or hamming_loss"),
        ({}, {"evaluation": {"metric": "f1"}}, "f1 does not fit a multilabel label; use macro_f1"),
        ({}, {"evaluation": {"metric": "micro_f1", "threshold": 80}}, "micro_f1 is at most 1, so no model can reach 80"),
        ({}, {"training": {"loss": "categorical_crossentropy"}}, "training.loss: categorical_crossentropy does not fit a multilabel label; use binary_crossentropy or binary_focal_crossentropy"),
        ({"task": "classification"}, {"training": {"loss": "binary_crossentropy"}}, "does not fit a classification label"),
        ({}, {"training": {"class_weight": "balanced"}}, "training.class_weight: is for classification; for several labels per row, use data.weight"),
        ({}, {"training": {"plateau": {"monitor": "val_accuracy"}}}, "val_accuracy is not logged when training a multilabel model; use one of loss"),
        ({"positive": "drama"}, {}, "data.positive: genres has several labels per row, each of which applies or not"),
        ({"split": {"stratify": True}}, {}, "data.split.stratify: it needs classes, but genres has several labels per row"),
        ({"split": {"group": "genres"}}, {}, "data.split.group: 'genres' is the label"),
        ({"lists": {"genres": "|"}, "task": "classification"}, {}, "data.lists: 'genres' is the label, which has one value"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(films, data, sections, message):
    with pytest.raises(ConfigError) as raised:
        fitted(films, data, **sections)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "sections",
    [
        {"training": {"loss": "binary_focal_crossentropy", "from_logits": True}},
        {"training": {"plateau": {"monitor": "val_micro_f1"}}},
        {"training": {"plateau": {"monitor": "val_binary_accuracy"}}},
        {"evaluation": {"metric": "hamming_loss", "threshold": 0.2}},
    ],
)
def test_what_fits_is_accepted(films, sections):
    assert fitted(films, **sections).label.task == "multilabel"


def test_the_metric_decides_the_threshold_and_so_the_model(films):
    by = [fitted(films, evaluation={"metric": metric}) for metric in ("macro_f1", "micro_f1")]
    assert by[0].candidate != by[1].candidate
    search = {"search": {"trials": 2, "objective": "val_macro_f1", "space": {"batch_size": [16, 32]}}}
    found = fitted(films, evaluation={"metric": "micro_f1"}, **search)
    assert search_goal(found.config, found.label, found.metric).metric == "micro_f1"


def test_rare_labels_are_said(tmp_path):
    cells = ["a|b", "a", "b", "[]"] * 100 + ["rare|a", "odd"]
    (tmp_path / "rows.csv").write_text("x,tags\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))
    found = fitted(tmp_path, {"label": "tags"})
    assert (
        "label tags: 'odd' is in only 1 of 402 rows, and 1 more in less than 1 %; macro_f1, which the model is judged "
        "by, counts each label the same, evaluation.metric: micro_f1 counts each answer the same"
    ) in found.lines


@pytest.mark.parametrize(("task", "fits"), [("multilabel", True), ("classification", False)])
def test_a_model_of_another_task_in_production_is_found_before_the_run(films, tmp_path_factory, task, fits):
    workspace = tmp_path_factory.mktemp("other")
    folder = workspace / "serving/7"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    (folder / "assets.extra/model.json").write_text(json.dumps({"label": {"task": task}}))
    config = load_tabular({"data": {"path": films, "source": None, "label": "genres"}})
    if fits:
        assert prepare(config, workspace).label.task == task
        return
    with pytest.raises(ConfigError) as raised:
        prepare(config, workspace)
    assert str(raised.value) == (
        "data.task: genres is for multilabel, but the model in production, version 7, is for classification, so they "
        "cannot be compared; choose another folder with --workspace"
    )


def test_the_label_travels_as_json(films):
    label = fitted(films).label
    assert type(label).from_json(label.to_json()) == label
    assert json.loads(label.to_json())["separator"] == "|"


def test_an_own_preprocessing_is_told_the_separator(films):
    model = {"preprocessing": "pipeline.models.vgg"}  # any function: nothing calls it here
    assert fitted(films, model=model).understanding.lists == {"genres": "|"}
