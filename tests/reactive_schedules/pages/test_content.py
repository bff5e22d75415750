import numpy as np
import pytest

from reactive_schedules.pages.content import is_number, text_of


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("50%", "50%"),
        (True, "True"),
        (1234567, "1,234,567"),
        (np.int64(1234), "1,234"),
        (0.123456, "0.1235"),
        (np.float32(0.5), "0.5"),
        (12345.6, "12,346"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ([64, 1024], "[64, 1024]"),
        ((), "[]"),
        (["50%", None, True, 0.25], "[50%, null, true, 0.25]"),
        ([[64, 32], [8]], "[[64, 32], [8]]"),
        ({"units": [64, 32], "norm": None}, "{units: [64, 32], norm: null}"),
        ({1}, "[1]"),
        (["line\nbreak"], "[line break]"),
        (b"\xff", "b'\\xff'"),
        (list(range(1000)), f"[{', '.join(map(str, range(1000)))}"[:299] + "…"),
    ],
)
def test_values_of_any_type_have_a_text(value, shown):
    assert text_of(value) == shown


def test_what_is_aligned_as_a_number():
    assert [is_number(value) for value in (1, 0.5, np.int64(1), True, "1", None, [1])] == [True] * 3 + [
        False
    ] * 4
