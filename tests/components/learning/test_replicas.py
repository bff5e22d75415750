"""One model on several devices."""

from pathlib import Path

import pytest

from components.errors import UserError
from components.learning.replicas import scope
from tests import two_cpus


@pytest.mark.slow
def test_two_devices_find_what_one_does(tmp_path):
    """In a trial, and then in an ensemble: one strategy serves several models of a process."""
    two_cpus.compared(Path(__file__).parent / "two_devices.py", tmp_path)


def test_without_a_strategy_there_is_one_device():
    import tensorflow as tf

    with scope(None):
        assert not tf.distribute.has_strategy()
    with pytest.raises(UserError, match="strategy: 'both' is not a strategy; use mirrored"):
        scope("both")  # pyright: ignore[reportArgumentType]
