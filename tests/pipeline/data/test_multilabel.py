"""Several labels in one cell, in a list, and in several columns."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from components.formats.tfrecord.records import write_records
from pipeline.config.errors import ConfigError
from pipeline.data.inspection import DataError, describe, inspect
from tests.pipeline.config.tabular import load_tabular

FILMS = ["drama|comedy", "drama", "comedy", "short | drama", "[]", "drama"] * 4


def write(folder, labels: list[str]):
    rows = [f'{number},"{label}"' for number, label in enumerate(labels)]
    (folder / "rows.csv").write_text("\n".join(["x,genres", *rows]), encoding="utf-8")
    return folder


def write_lists(folder, lists: list, suffix: str = ".parquet"):
    if suffix == ".parquet":
        pq.write_table(pa.table({"x": range(len(lists)), "genres": pa.array(lists)}), folder / "rows.parquet")
        return folder
    records = []
    for place, names in enumerate(lists):
        example = tf.train.Example()
        example.features.feature["x"].int64_list.value.append(place)
        if names is not None:  # an empty list has a kind, too
            example.features.feature["genres"].bytes_list.value.extend(name.encode() for name in names)
            example.features.feature["genres"].bytes_list.SetInParent()
        records.append(example.SerializeToString())
    write_records(folder / "rows.tfrecord", records)
    return folder


@pytest.mark.parametrize(
    ("labels", "separator", "classes", "counts"),
    [
        (FILMS, "|", ("comedy", "drama", "short"), (8, 16, 4)),
        (["a;b", "a; c", "c", "b;c;a"] * 3, ";", ("a", "b", "c"), (9, 6, 9)),
        (["a, b", "a", "b", "b, a", "a, b, c", "c"] * 3, ",", ("a", "b", "c"), (12, 12, 6)),
        (["a|a", "b", "b|a", "a"] * 3, "|", ("a", "b"), (9, 6)),  # a label twice is one
        (["3|12", "3", "12|3", "7|12"] * 3, "|", ("12", "3", "7"), (9, 9, 3)),
    ],
)
def test_cells_with_several_labels_are_recognised(tmp_path, labels, separator, classes, counts):
    found = inspect(write(tmp_path, labels), "genres")
    label = found.label
    assert (label.task, label.separator, label.classes) == ("multilabel", separator, classes)
    assert (label.counts, label.rows) == (counts, len(labels))
    (line,) = found.lines
    assert line.startswith(f"label genres: several labels per row, separated by {separator!r}, such as ")
    assert line.endswith("To predict the combination: data.task: classification")


@pytest.mark.parametrize(
    "labels",
    [
        ["drama|comedy", "drama", "comedy", "short|drama"],  # too few to be sure
        ["x|y|z", "y"],
        ["male|young", "female|old", "male|old", "female|young"] * 9,  # as many in each cell
    ],
)
def test_what_may_be_several_labels_asks_for_a_decision(tmp_path, labels):
    path = write(tmp_path, labels)
    first = min(each for each in labels if "|" in each)
    with pytest.raises(DataError) as raised:
        inspect(path, "genres")
    assert str(raised.value) == (
        f"data.label: genres may have several labels in one cell, such as {first!r}; set data.task: multilabel to "
        f"predict each label, or data.task: classification to make each of the {len(set(labels))} combinations a class"
    )
    assert inspect(path, "genres", "multilabel").label.separator == "|"
    assert inspect(path, "genres", separator="|").label.task == "multilabel"
    assert inspect(path, "genres", "classification").label.classes == tuple(sorted(set(labels)))


@pytest.mark.parametrize(
    "labels", [["a|b", "c|d"], ["|", "a"], ["Paris, TX", "Austin, TX"], ["a|", "b"], ["no", "yes"]]
)
def test_other_labels_are_classes(tmp_path, labels):
    assert inspect(write(tmp_path, labels), "genres").label.classes == tuple(sorted(labels))


@pytest.mark.parametrize(
    ("labels", "task", "separator", "message"),
    [
        (
            ["a", "b"],
            "multilabel",
            None,
            "data.task: no cell of genres has several labels; set what separates them",
        ),
        (
            ["1", "2"],
            "multilabel",
            None,
            "data.task: genres has one number per row, such as 1; a multi-label column",
        ),
        (
            FILMS,
            "classification",
            "|",
            "data.lists: 'genres' is the label, which has one value per row by data.task",
        ),
        (
            FILMS,
            "auto",
            "",
            "data.lists: genres has text in its cells, not lists; give what separates the labels",
        ),
        (
            ["a|a", "a", "[]"],
            "multilabel",
            "|",
            "data.label: genres has only the label 'a'; to predict whether one",
        ),
        (
            ["a|b", "b|a", "a|b|"],
            "multilabel",
            "|",
            "data.label: genres has all 2 labels in every row; there is",
        ),
        (
            ["a|b", "a|b"],
            "multilabel",
            "|",
            "data.label: genres is a|b in every example; there is nothing to learn",
        ),
        (FILMS, "regression", None, "data.task: genres is text, such as '[]'; regression needs numbers"),
        (
            [f"{n}|{n + 1}" for n in range(1200)],
            "multilabel",
            "|",
            "genres has 1,201 distinct values; at most 1,000",
        ),
    ],
)
def test_what_is_configured_must_fit(tmp_path, labels, task, separator, message):
    with pytest.raises(DataError) as raised:
        inspect(write(tmp_path, labels), "genres", task, separator=separator)
    assert message in str(raised.value)


def test_empty_cells_may_mean_that_no_label_applies(tmp_path):
    with pytest.raises(
        DataError, match=r"genres is empty in 40 of 64 rows; .* write \[\] where no label applies$"
    ):
        inspect(write(tmp_path, [*FILMS, *[""] * 40]), "genres")


def test_labels_that_look_like_numbers_in_a_style_are_labels_if_it_is_said(tmp_path):
    path = write(tmp_path, ["1,5", "2,5", "1,2", "5"] * 9)
    assert inspect(path, "genres", separator=",").label.classes == ("1", "2", "5")


def test_a_label_in_every_row_is_said(tmp_path):
    lines = inspect(write(tmp_path, ["a|b", "a", "a|c", "a|b|c"] * 3), "genres").lines
    assert lines[1] == "label genres: every row has 'a'; there is nothing to learn about it"


@pytest.mark.parametrize("suffix", [".parquet", ".tfrecord"])
def test_lists_are_several_labels(tmp_path, suffix):
    data = inspect(write_lists(tmp_path, [["b", "a"], ["a"], [], None, ["c", "a"]], suffix), "genres")
    label = data.label
    assert (label.task, label.separator, label.classes) == ("multilabel", "", ("a", "b", "c"))
    assert (label.counts, label.rows) == ((3, 1, 1), 4)  # an empty list says that none applies
    assert data.lines == (
        "label genres: lists, so each of its 3 labels is predicted on its own. Rows without a list are left out; an "
        "empty list says that none applies",
    )


def test_lists_of_numbers_are_several_labels(tmp_path):
    path = write_lists(tmp_path, [[30, 7], [7], [], [4, 7, 30]])
    assert inspect(path, "genres").label.classes == (4, 7, 30)


@pytest.mark.parametrize(
    ("lists", "task", "message"),
    [
        (
            [["a"], ["a", "b"]],
            "classification",
            "genres has several values in a row, so it cannot be classification",
        ),
        (
            [[0, 1], [1, 1], [1, 0]],
            "auto",
            "data.label: genres holds vectors of 2 zeros and ones; write lists of the",
        ),
        (
            [[0.5, 1.0], [2.0]],
            "auto",
            "data.label: genres holds lists of fractions; write the names of the labels",
        ),
        ([["a", "b"], None, None, None], "auto", "data.label: genres is empty in 3 of 4 rows"),
    ],
)
def test_lists_that_cannot_be_labels(tmp_path, lists, task, message):
    with pytest.raises(DataError) as raised:
        inspect(write_lists(tmp_path, lists), "genres", task)
    assert message in str(raised.value)


def test_lists_of_one_value_are_classes(tmp_path):
    assert inspect(write_lists(tmp_path, [["a"], ["b"], ["a"]]), "genres").label.task == "classification"


def test_data_that_cannot_be_read_here_says_what_separates_labels(tmp_path):
    label = describe(tmp_path, "*.csv", "genres", "multilabel", ["b", "a"], separator="|").label
    assert (label.task, label.classes, label.separator) == ("multilabel", ("a", "b"), "|")
    for task, separator in (("multilabel", None), ("classification", "|")):
        with pytest.raises(
            DataError, match="data.lists: set what separates the labels of genres if data.task is"
        ):
            describe(tmp_path, "*.csv", "genres", task, ["b", "a"], separator=separator)


def test_several_label_columns_are_refused(tmp_path):
    with pytest.raises(ConfigError) as raised:
        load_tabular(
            {"data": {"path": write(tmp_path, ["a", "b"]), "source": None, "label": ["genres", "x"]}}
        )
    assert str(raised.value).endswith(
        "data.label: names 2 columns, but a run predicts one; run once for each, with the others in data.ignore, or "
        "join them into one multi-label column, such as 'drama|comedy'"
    )
