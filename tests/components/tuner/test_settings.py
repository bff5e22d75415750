"""What users set by environment variables."""

import pytest

from components.errors import UserError
from components.tuner import settings


def test_seconds_have_a_default(monkeypatch):
    monkeypatch.delenv(settings.SILENCE, raising=False)
    assert settings.silence_s() == 120
    monkeypatch.setenv(settings.SILENCE, "7.5")
    assert settings.silence_s() == 7.5


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "two minutes"])
def test_what_is_no_time_is_refused(monkeypatch, text):
    monkeypatch.setenv(settings.WAIT, text)
    with pytest.raises(
        UserError, match=f"^SEARCH_WAIT_S: must be a positive number of seconds; got '{text}'$"
    ):
        settings.seconds(settings.WAIT, 900.0)
