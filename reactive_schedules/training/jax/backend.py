"""What `fit` needs of JAX; see `reactive_schedules.training.backend.Backend`."""

import contextlib
from typing import Any

import keras

from reactive_schedules.keras.variables import Values
from reactive_schedules.training.arrays import ArraySource
from reactive_schedules.training.class_weight import weighted as weighted
from reactive_schedules.training.datasets import dataset_source
from reactive_schedules.training.foreign import refuse_batched
from reactive_schedules.training.jax.loop import ArrayLoop, StepLoop
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source


def as_source(data: Any, name: str) -> Source:
    """A source for `data`, or `data` itself if it is a `Source`."""
    refuse_batched(data, name)
    found = dataset_source(data, name)
    return found or (data if isinstance(data, Source) else ArraySource(data, name))


def scope(model: keras.Model) -> contextlib.AbstractContextManager:
    """The scope in which the variables of a run are made.

    Raises:
        ValueError: Keras distributes variables over several devices.
    """
    if keras.distribution.distribution() is not None:
        raise ValueError(
            "keras.distribution: fit trains on one device with JAX; call keras.distribution.set_distribution(None) "
            "before the model is made, or use rs.PlateauDecay with model.fit"
        )
    return contextlib.nullcontext()


def train_loop(model: keras.Model, source: Source, rate: RunRate) -> StepLoop:
    """The fastest loop for a source."""
    return (
        ArrayLoop(model, source, rate) if isinstance(source, ArraySource) else StepLoop(model, source, rate)
    )


def validation_loop(model: keras.Model, source: Source, records: bool) -> StepLoop:
    """The fastest loop of `model.test_step`."""
    if isinstance(source, ArraySource):
        return ArrayLoop(model, source, records=records)
    return StepLoop(model, source, records=records)


def random_state() -> Values:
    """Nothing: Keras keeps the states of its random numbers in variables."""
    return []


def set_random_state(values: Values) -> None:
    """Does nothing."""
