"""Errors of another process."""

import json

import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.search.executor.errors import described, rebuilt


class OfTwoParts(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


@pytest.mark.parametrize("error", [ValueError("wrong: 1"), SpecError("epochs: too many"), OSError("gone")])
def test_class_and_message_arrive(error):
    found = rebuilt(json.loads(json.dumps(described(error))))
    assert (type(found), str(found)) == (type(error), str(error))


def test_an_error_that_a_message_does_not_make_says_what_it_was():
    class Inside(Exception):
        pass

    for error in (OfTwoParts(1, 2), Inside("deep"), UnicodeDecodeError("utf-8", b"a", 0, 1, "bad")):
        found = rebuilt(described(error))
        assert type(found) is RuntimeError
        assert type(error).__name__ in str(found)
