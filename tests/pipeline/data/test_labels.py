"""What is said about labels that are hardly meant as they are written."""

import datetime

import pytest

from components.errors import DataError
from pipeline.data.inspection import inspect


def look(folder, labels: list, **options):
    rows = "".join(f'{row},"{label}"\n' for row, label in enumerate(labels))
    (folder / "rows.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    return inspect(folder, "y", **options)


DAYS = [str(datetime.date(2024, 1, 1) + datetime.timedelta(days=row % 10)) for row in range(40)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            DAYS,
            "data.label: y holds dates, such as '2024-01-01'; predict a number made from them, such as days from",
        ),
        (
            [*map(str, range(50)), "free"],
            "data.label: y holds numbers, but 'free' in 1 of 51 rows; correct these cells, leave the rows out with "
            "data.missing: [free], or set data.task: classification to make each of the 51 values a class",
        ),
        (
            [f"user {row}" for row in range(30)],
            "data.label: y is text with 30 different values in 30 rows, too many",
        ),
    ],
)
def test_what_nobody_means_as_classes_is_refused_unless_it_is_wanted(tmp_path, labels, message):
    with pytest.raises(DataError) as raised:
        look(tmp_path, labels)
    assert message in str(raised.value)
    assert len(look(tmp_path, labels, task="classification").label.classes) == len(set(labels))


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (
            ["yes", "yes ", "no"],
            "label y: 'yes', 'yes ' are different classes, though only spaces, capitals or forms",
        ),
        (["Yes", "no", "yes"], "label y: 'Yes', 'yes' are different classes"),
        (["Caf\u00e9", "bar", "Cafe\u0301"], r"label y: 'Cafe\u0301', 'Caf\xe9' are different classes"),
        (["yes", "no", "yes\u200b"], r"label y: 'yes', 'yes\u200b' are different classes"),
        (
            ["1,0", "1,3", "2,7"],
            "label y: numbers written like 12,5, but each of its 3 values is a class, because they are few. To "
            "predict the number: data.numbers: {y: '12,5'}, data.task: regression",
        ),
        (
            ["yes", "no", "NA"],
            "label y: 'NA' is a class like any other; if these rows have no label, leave them out",
        ),
        (
            ["1", "2", "3", "4", "5", "unknown"],
            "label y: classes, because of 'unknown'; the others are numbers. To",
        ),
        (
            [f"{row} €" for row in range(30)],
            "label y: numbers written like 12€. To change it: data.categorical: [y]",
        ),
        (
            [f"town {row}" for row in range(30)],
            "label y: text, so each of its 30 values is a class, such as 'town 0'",
        ),
    ],
)
def test_what_may_be_meant_otherwise_is_said(tmp_path, labels, line):
    (found,) = look(tmp_path, labels * 5).lines
    assert found.startswith(line)


@pytest.mark.parametrize(
    "labels", [["yes", "no"], ["😀", "مرحبا"], ["0", "1", "2"], ["a b", "ab"], ["True", "False"]]
)
def test_plain_classes_need_no_word(tmp_path, labels):
    assert look(tmp_path, labels * 5).lines == ()
