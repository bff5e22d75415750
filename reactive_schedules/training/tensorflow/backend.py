"""What `fit` needs of TensorFlow; see `reactive_schedules.training.backend.Backend`."""

import contextlib
from typing import Any

import keras

from reactive_schedules.keras.variables import Values
from reactive_schedules.training.foreign import refuse_batched
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source
from reactive_schedules.training.tensorflow import sources
from reactive_schedules.training.tensorflow.class_weight import weighted as weighted
from reactive_schedules.training.tensorflow.loop import StepLoop, step_loop
from reactive_schedules.training.tensorflow.loop import validation_loop as validation_loop


def as_source(data: Any, name: str) -> Source:
    """A source for `data`, or `data` itself if it is a `Source`."""
    refuse_batched(data, name)
    return sources.as_source(data, name)


def scope(model: keras.Model) -> contextlib.AbstractContextManager:
    """The scope in which the variables of a run are made."""
    return model.distribute_strategy.scope()


def train_loop(model: keras.Model, source: Source, rate: RunRate) -> StepLoop:
    """The fastest loop for a source."""
    return step_loop(model, model.train_step, source, rate.clock)


def random_state() -> Values:
    """Nothing: Keras keeps the states of its random numbers in variables."""
    return []


def set_random_state(values: Values) -> None:
    """Does nothing."""
