"""Metrics by name."""

import subprocess
import sys

import numpy as np
import pytest

from components.errors import UserError
from components.metrics import UnknownMetric, find, is_own


def median_error(labels, predictions, weights):
    return float(np.median(np.abs(labels - predictions)))


median_error.larger_is_better = False


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("log_loss", "did you mean cross_entropy?"),
        ("logloss", "did you mean cross_entropy?"),
        ("auc", "did you mean roc_auc?"),
        ("f1_macro", "did you mean macro_f1?"),
        ("acuracy", "did you mean accuracy?"),
        ("R2", "did you mean r2?"),
        ("balanced-accuracy", "did you mean balanced_accuracy?"),
        ("zebra", "'zebra' is not a metric; use accuracy, balanced_accuracy, f1, "),
        ("quantile_loss:90", "must be between 0 and 1, as in quantile_loss:0.9; got '90'"),
        ("quantile_loss:", "must be between 0 and 1"),
        ("rmse:0.5", "rmse has no parameter; remove ':0.5'"),
    ],
)
def test_a_wrong_name_is_refused_with_the_remedy(wrong, meant):
    with pytest.raises(UnknownMetric) as info:
        find(wrong)
    assert meant in str(info.value)


def test_a_function_of_the_user():
    metric = find(f"{__name__}.median_error")
    assert (metric.name, metric.tasks, metric.larger_is_better) == (f"{__name__}.median_error", (), False)
    assert metric.score(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 5.0])) == 0.5


def wrong(labels, predictions, weights):
    return labels == predictions


def test_a_function_that_returns_no_number_is_an_error():
    with pytest.raises(UserError, match=r"^metric .*wrong: returned array\(\[ True, False\]\); it must"):
        find(f"{__name__}.wrong").score(np.array([1.0, 2.0]), np.array([1.0, 3.0]))


def test_what_is_the_users_own():
    assert is_own("my.metric")
    assert not is_own("quantile_loss:0.9")
    assert not is_own("rmse")


def test_the_names_need_no_numpy():
    command = (
        "import sys; from components.metrics import find, names; find('f1'); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", command]).returncode == 0
