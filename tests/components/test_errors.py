import pytest

from components.errors import UserError, one_of


@pytest.mark.parametrize(
    ("words", "text"),
    [([".csv"], ".csv"), ([".csv", ".parquet"], ".csv or .parquet"), (iter("abc"), "a, b or c")],
    ids=["one", "two", "three"],
)
def test_choices_are_listed_as_people_do(words, text):
    assert one_of(words) == text


def test_a_message_has_no_tabs():
    assert str(UserError("a\tb: wrong\nc: wrong, too")) == "a\\tb: wrong\nc: wrong, too"
