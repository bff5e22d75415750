import pytest

from reactive_schedules.search.limits import seconds_of


@pytest.mark.parametrize(
    ("limit", "seconds"), [("90s", 90), ("20m", 1200), (" 1.5h ", 5400), ("2 d", 172800), ("0.5s", 0.5)]
)
def test_a_limit_in_seconds(limit, seconds):
    assert seconds_of(limit) == seconds


@pytest.mark.parametrize(
    "limit", ["", "20", "m", "0m", "-1m", "1e3s", "20 minutes", "5ep", "1h30m", 20, None, "١m"]
)
def test_other_texts_are_refused(limit):
    with pytest.raises(ValueError, match=r"^must be a time such as 90s, 20m, 1.5h or 2d; got "):
        seconds_of(limit)
