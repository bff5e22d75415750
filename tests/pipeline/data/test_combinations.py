"""Several labels in one cell, and in several columns."""

import pytest

from pipeline.config.errors import ConfigError
from pipeline.data.inspection import DataError, inspect
from tests.pipeline.config.tabular import load_tabular


def write(folder, labels: list[str]):
    rows = [f'{number},"{label}"' for number, label in enumerate(labels)]
    (folder / "rows.csv").write_text("\n".join(["x,genres", *rows]), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "labels",
    [
        ["drama|comedy", "drama", "comedy", "short|drama"],
        ["a|b", "b|a"],
        ["a;b", "a; c", "c"],
        ["x|y|z", "y"],
    ],
)
def test_combinations_are_refused_unless_they_are_wanted(tmp_path, labels):
    path, first = write(tmp_path, labels), min(each for each in labels if "|" in each or ";" in each)
    with pytest.raises(DataError) as raised:
        inspect(path, "genres")
    assert str(raised.value) == (
        f"data.label: genres has several labels in one cell, such as {first!r}"
        "; write a column of 0 and 1 for each label and predict one per run, with the others in data.ignore, or "
        f"set data.task: classification to make each of the {len(labels)} combinations a class"
    )
    assert inspect(path, "genres", "classification").label.classes == tuple(sorted(labels))


@pytest.mark.parametrize(
    "labels", [["a|b", "c|d"], ["|", "a"], ["Paris, TX", "Austin, TX"], ["a|", "b"], ["no", "yes"]]
)
def test_other_labels_are_classes(tmp_path, labels):
    assert inspect(write(tmp_path, labels), "genres").label.classes == tuple(sorted(labels))


def test_a_list_of_labels_is_refused(tmp_path):
    with pytest.raises(ConfigError) as raised:
        load_tabular(
            {"data": {"path": write(tmp_path, ["a", "b"]), "source": None, "label": ["genres", "x"]}}
        )
    assert str(raised.value).endswith(
        "data.label: names 2 columns, but a run predicts one; run once for each, with the others in data.ignore"
    )
