"""The public names: what they are, and that what their docstrings show is what happens."""

import doctest
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import reactive_schedules as rs

NAMES = [*rs.__all__, "Oracle", "ScheduleTuner"]  # `import *` does without those of the extra `search`
CLASSES = [name for name in NAMES if inspect.isclass(getattr(rs, name))]


def surroundings(folder) -> dict:
    """What examples may use without saying so: a small model, and data."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    return {"rs": rs, "keras": keras, "np": np, "tf": tf, "model": model, "x": x, "y": y, "folder": folder}


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_shows_how_it_is_used(name):
    assert "\nExample:\n" in (inspect.getdoc(getattr(rs, name)) or "")


@pytest.mark.parametrize("name", NAMES)
def test_examples_give_what_they_say(name, tmp_path, registered):
    if name == "__version__":
        return
    found = getattr(rs, name)
    example = doctest.DocTestParser().get_doctest(
        inspect.getdoc(found), surroundings(tmp_path), name, None, 0
    )
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    said: list[str] = []
    runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_signatures_name_every_parameter():
    parameters = inspect.signature(rs.OneCycle).parameters
    assert list(parameters) == [
        "peak", "warmup", "warmup_start", "final_ratio", "length", "anneal", "three_phase", "horizon",
    ]  # fmt: skip
    assert parameters["warmup"].default == "30%"
    assert parameters["peak"].default is inspect.Parameter.empty
    assert "5ep, 30% or 50000ex" in (rs.OneCycle.__doc__ or "")
