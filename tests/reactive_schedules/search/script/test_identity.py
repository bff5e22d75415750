"""What makes two searches the same."""

import functools

import keras
import numpy as np
import pytest

from reactive_schedules.search.script import identity
from reactive_schedules.search.script.given import Given
from tests.reactive_schedules.search.script.problem import TRAIN, VALIDATION, build_model


class Rows:
    """A source with data of its own."""

    examples = 4

    def __init__(self, rows, path="rows.csv"):
        self.rows, self.path = rows, path

    def batches(self, batch_size, start, seed, epoch):
        raise AssertionError("a search is known without reading its examples")


class Scaled(keras.losses.Loss):
    """A loss with an attribute that is not in its config."""

    def __init__(self, by):
        super().__init__()
        self.by = by

    def call(self, y_true, y_pred):
        return self.by * keras.ops.square(y_true - y_pred)


def built(width, hyperparameters):
    return build_model({**hyperparameters, "width": width})


def closing_over(width):
    def build(hyperparameters):
        return built(width, hyperparameters)

    return build


def endless():
    def build(hyperparameters):
        return build(hyperparameters)

    return build


def digests(**changes):
    arguments = {"build_model": build_model, "train": TRAIN, "validation": VALIDATION, "fit": {"loss": "mse"}}
    return identity.of(Given(**{**arguments, "hyperparameters": {}, **changes}), {}, {})


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("build_model", lambda width: functools.partial(built, width)),
        ("build_model", closing_over),
        ("build_model", lambda width: lambda hyperparameters, width=width: built(width, hyperparameters)),
        ("train", lambda number: Rows(np.full(3, number))),
        ("validation", lambda number: Rows(np.zeros(3), f"{number}.csv")),
        ("train", lambda number: functools.partial(Rows, np.full(3, number))),
        ("fit", lambda number: {"loss": keras.losses.Huber(delta=number)}),
        ("fit", lambda number: {"loss": Scaled(number)}),
        ("fit", lambda number: {"loss": "mse", "metrics": [keras.metrics.AUC(num_thresholds=2 + number)]}),
        ("fit", lambda number: {"validation_metrics": {"a": functools.partial(max, number)}}),
    ],
)
def test_other_values_are_another_search(name, make):
    once, again, other = (digests(**{name: make(number)}) for number in (1, 1, 2))
    assert once == again
    assert {part for part in once if once[part] != other[part]} == {name}


def test_a_function_that_refers_to_itself_is_described():
    assert digests(build_model=endless()) == digests(build_model=endless())
