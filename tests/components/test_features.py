import pytest

from components.features import LABEL, NUMERIC, transformed_name


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("age", "age_xf"),
        ("age_", "age__xf"),
        ("label", "label__xf"),
        ("numeric", "numeric__xf"),
        ("_", "__xf"),
    ],
)
def test_transformed_name(column, name):
    assert transformed_name(column) == name


def test_no_two_columns_share_a_name_and_none_has_a_reserved_one():
    columns = [f"{stem}{'_' * count}" for stem in ("label", "numeric", "other") for count in range(5)]
    names = {transformed_name(column) for column in columns}
    assert len(names) == len(columns)
    assert not names & {LABEL, NUMERIC}
