"""How well a column alone predicts the label."""

import numpy as np
import pyarrow as pa
import pytest

from components.features import LabelFeature
from components.report.leakage import distinct, skills

ROWS = 2000
NUMBERS = np.random.default_rng(0)
CLASSES = NUMBERS.integers(0, 3, ROWS)
AMOUNT = NUMBERS.normal(size=ROWS)


def batch(**columns) -> pa.RecordBatch:
    """One value per row; None is a gap."""
    made = {}
    for name, values in columns.items():
        kind = pa.array([value for value in values if value is not None]).type
        kind = pa.large_binary() if pa.types.is_binary(kind) or pa.types.is_string(kind) else kind
        made[name] = pa.array([[] if value is None else [value] for value in values], pa.large_list(kind))
    return pa.RecordBatch.from_pydict(made)


@pytest.mark.parametrize(
    ("column", "skill"),
    [
        (CLASSES.tolist(), 1),
        ([f"class {each}" for each in CLASSES], 1),
        ((CLASSES * 10.0 + NUMBERS.random(ROWS)).tolist(), 1),
        ([None if each == 1 else int(each) for each in CLASSES], 1),
        ([None if each == 1 else 0 for each in CLASSES], 0.5),
        ([int(each) if n % 5 else 0 for n, each in enumerate(CLASSES)], 0.8),
        (NUMBERS.integers(0, 3, ROWS).tolist(), 0),
        (NUMBERS.normal(size=ROWS).tolist(), 0),
        (list(range(ROWS)), 0),
        ([f"row {row}" for row in range(ROWS)], 0),
        ([5] * ROWS, 0),
    ],
    ids=["itself", "text", "numbers", "gap is a class", "gap is one class", "four of five", "noise", "noisy numbers",
         "id", "text id", "constant"],
)  # fmt: skip
def test_of_classes(column, skill):
    found = skills(
        batch(x=column, label=CLASSES.tolist()), LabelFeature("label", "classification", (0, 1, 2))
    )
    assert found == {"x": pytest.approx(skill, abs=0.1)}


@pytest.mark.parametrize(
    ("column", "skill"),
    [
        ((AMOUNT * 3).tolist(), 1),
        ((AMOUNT > 0).astype(int).tolist(), 1 - (1 - 2 / np.pi)),
        (NUMBERS.normal(size=ROWS).tolist(), 0),
        (list(range(ROWS)), 0),
    ],
    ids=["itself", "sign", "noise", "id"],
)
def test_of_numbers(column, skill):
    found = skills(batch(x=column, label=AMOUNT.tolist()), LabelFeature("label", "regression"))
    assert found == {"x": pytest.approx(skill, abs=0.1)}


def test_columns_of_several_values_and_of_none_are_left_out():
    several = pa.array([[1, 2]] * ROWS, pa.large_list(pa.int64()))
    rows = batch(x=CLASSES.tolist(), label=CLASSES.tolist())
    rows = rows.append_column("several", several).append_column("none", pa.nulls(ROWS))
    assert skills(rows, LabelFeature("label", "classification", (0, 1, 2))).keys() == {"x"}
    assert distinct(rows) == {"x": 3, "label": 3}
