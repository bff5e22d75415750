"""The score that a model must beat when the configuration sets no threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.evaluator.constant import best_constant

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50)


def test_best_constant_for_classes():
    labels = np.array([b"a", b"a", b"a", b"b"], dtype=object)
    assert best_constant("accuracy", labels) == 0.75
    expected = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert best_constant("cross_entropy", labels) == pytest.approx(expected)


@settings(max_examples=25)
@given(NUMBERS)
def test_no_constant_beats_the_best_constant(values):
    values = np.array(values)
    for constant in np.linspace(values.min(), values.max(), 7):
        errors = values - constant
        assert best_constant("rmse", values) <= np.sqrt(np.mean(errors**2)) * (1 + 1e-9)
        assert best_constant("mae", values) <= np.mean(np.abs(errors)) * (1 + 1e-9)
