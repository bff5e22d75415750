import keras
import numpy as np
import pytest

from reactive_schedules.keras.variables import copied, put_back


def variables(*values, dtype="float32"):
    return [keras.Variable(value, dtype=dtype, name="kernel") for value in values]


def test_copies_are_put_back():
    ours = variables([1.0, 2.0], 3.0)
    values = copied(ours)
    for variable in ours:
        variable.assign(variable * 0)
    assert float(ours[1]) == 0.0
    np.testing.assert_array_equal(values[0], [1.0, 2.0])  # a copy of its own
    put_back(ours, values)
    np.testing.assert_array_equal(np.array(ours[0]), [1.0, 2.0])
    assert float(ours[1]) == 3.0


def test_bfloat16_survives_a_file(tmp_path):
    ours = variables([1.5, -2.25], dtype="bfloat16")
    np.savez(tmp_path / "file.npz", *copied(ours))
    ours[0].assign([0.0, 0.0])
    put_back(ours, list(np.load(tmp_path / "file.npz").values()))
    np.testing.assert_array_equal(np.array(ours[0]).astype("float32"), [1.5, -2.25])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([np.zeros(2)], "best: expected 2 arrays, found 1"),
        ([np.zeros(2), np.zeros(3)], r"best: kernel has shape \(\), found \(3,\)"),
    ],
)
def test_another_models_values_are_refused_whole(values, message):
    ours = variables([1.0, 2.0], 3.0)
    with pytest.raises(ValueError, match=message):
        put_back(ours, values, "best")
    np.testing.assert_array_equal(np.array(ours[0]), [1.0, 2.0])
