import pytest

from components.transform.levels import Levels, lines

ALL = Levels(values=3, indexed=3, cells=10, indexed_cells=10)
CITY = Levels(values=3412, indexed=1000, cells=8000, indexed_cells=7000)
STREET = Levels(values=1200, indexed=1000, cells=8000, indexed_cells=7700)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ({}, []),
        ({"a": ALL, "empty": Levels(0, 0, 0, 0)}, []),
        (
            {"a": ALL, "city": CITY},
            [
                "'city' has 3,412 different values; all but the 1,000 most frequent share one index (12.5% of the "
                "rows)"
            ],
        ),
        (
            {"street": STREET, "city": CITY},
            [
                "'city' has 3,412 different values; all but the 1,000 most frequent share one index (12.5% of the "
                "rows); likewise in 1 more column"
            ],
        ),
    ],
)
def test_values_that_share_an_index_are_told_in_one_line(levels, told):
    assert lines(levels) == told
