import doctest
from importlib import import_module

import pytest

import reactive_schedules as rs

MODULES = [
    "plateau.actions.base",
    "plateau.spec",
    "plateau.state",
    "plateau.decision",
    "plateau.description",
    "keras.plateau_decay",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    failed, tried = doctest.testmod(import_module(f"reactive_schedules.{name}"), extraglobs={"rs": rs})
    assert tried
    assert not failed
