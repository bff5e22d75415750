import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.plateau import directions
from reactive_schedules.plateau.spec import PlateauSpec

SMALLER = ["loss", "val_loss", "mse", "val_rmse", "val_mean_squared_logarithmic_error", "categorical_hinge"]
LARGER = [
    "val_accuracy",
    "val_sparse_top_k_categorical_accuracy",
    "binary_accuracy",
    "AUC",
    "auc_1",
    "val_f1_score",
]


@pytest.mark.parametrize(("names", "right"), [(SMALLER, "min"), (LARGER, "max")])
def test_a_mode_that_contradicts_a_well_known_metric_is_refused(names, right):
    wrong, better = ("max", "smaller") if right == "min" else ("min", "larger")
    for name in names:
        assert PlateauSpec(monitor=name, mode=right).direction == right
        with pytest.raises(SpecError) as refused:
            PlateauSpec(monitor=name, mode=wrong)
        told = f"mode: {wrong} contradicts {name}, of which {better} values are better; remove it"
        assert str(refused.value) == told


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("domain_accuracy", "min"),
        ("neg_mean_squared_error", "max"),
        ("val_head_loss", "max"),
        ("score", "min"),
    ],
)
def test_a_metric_that_may_mean_something_else_has_the_mode_that_it_is_given(name, mode):
    assert PlateauSpec(monitor=name, mode=mode).direction == mode


def test_one_who_knows_the_metric_is_believed():
    directions.check("val_my_error", "max")
    with pytest.raises(directions.Contradiction, match="^max contradicts val_my_error, of which smaller"):
        directions.check("val_my_error", "max", "min")
