"""What the page says about several labels per row."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as theirs

from components.features import LabelFeature
from components.metrics.rows import Rows
from components.report.asked import _task
from components.report.health import _imbalance
from components.report.leakage import class_counts, skills
from components.report.multilabel import label_table
from components.report.raw import Look
from tests.components.metrics.test_multilabel import rows

LABEL = LabelFeature("tags", "multilabel", ("a", "b", "c", "d"), separator="|")


def test_the_table_has_the_scores_of_each_label_the_most_frequent_first():
    truth, probabilities = rows()
    table = label_table(Rows(truth, probabilities, threshold=0.3), LABEL, "a label is answered where …")
    assert [row[0] for row in table.rows] == ["d", "c", "b", "a"]
    for name, count, share, precision, recall, f1, roc_auc, pr_auc in table.rows:
        place = LABEL.classes.index(name)
        y, p = truth[:, place], probabilities[:, place]
        answers = p >= 0.3
        assert (count, share) == (y.sum(), f"{y.mean():.1%}")
        assert precision == pytest.approx(theirs.precision_score(y, answers))
        assert recall == pytest.approx(theirs.recall_score(y, answers))
        assert f1 == pytest.approx(theirs.f1_score(y, answers))
        assert roc_auc == pytest.approx(theirs.roc_auc_score(y, p))
        assert pr_auc == pytest.approx(theirs.average_precision_score(y, p))


def test_a_label_that_no_row_has_has_no_curves():
    truth, probabilities = rows()
    truth[:, 1] = 0
    row = label_table(Rows(truth, probabilities), LABEL).rows[-1]
    assert row[0] == "b"
    assert row[-2:] == (None, None)


def column(values: list[list]) -> pa.Array:
    return pa.array(
        values, pa.large_list(pa.large_binary() if isinstance(values[0][0], bytes) else pa.int64())
    )


@pytest.mark.parametrize("separator", ["|", ""])
def test_a_column_that_gives_the_labels_away_is_found(separator):
    random = np.random.default_rng(0)
    sets = [[b"a"], [b"a", b"b"], [b"b"], [b"c"]]
    chosen = random.integers(4, size=800)
    tags = [[b"|".join(sets[place])] if separator else sets[place] for place in chosen]
    batch = pa.RecordBatch.from_pydict(
        {
            "tags": column(tags),
            "leak": column([[int(place)] for place in chosen]),
            "noise": column([[int(place)] for place in random.integers(4, size=800)]),
        }
    )
    label = LabelFeature("tags", "multilabel", ("a", "b", "c"), separator=separator)
    found = skills(batch, label)
    assert found["leak"] == 1
    assert found["noise"] < 0.1
    counts = {name: sum(name.encode() in sets[place] for place in chosen) for name in "abc"}
    assert class_counts(batch, label) == counts


@pytest.mark.parametrize(
    ("count", "said"), [(3, "has d in 0.30% of the rows, too few to learn or judge it well"), (20, "")]
)
def test_a_rare_label_is_named(count, said):
    found = list(_imbalance(Look(1000, {"a": 500, "d": count}, {}, {}), LABEL))
    assert [each.finding for each in found] == ([said] if said else [])
    assert not found or found[0].yaml == "evaluation: {metric: micro_f1}"


def test_the_task_in_words():
    assert _task(LABEL) == "predict tags, any of 4 labels per row: a, b, c, d"
