"""The part of training that depends on the backend of Keras."""

import contextlib
import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Protocol, cast

import keras

from reactive_schedules.errors import SpecError
from reactive_schedules.keras.variables import Values
from reactive_schedules.training.loop import Loop
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source

BACKENDS = ("tensorflow", "jax", "torch")
"""Backends that have a training loop here, each in a folder of its own."""


class Backend(Protocol):
    """What `fit` needs of a backend: the module `backend` of its folder."""

    def as_source(self, data: Any, name: str) -> Source:
        """A source for `data`, or `data` itself if it is a `Source`; error messages use `name`."""
        ...

    def weighted(self, source: Source, class_weight: Mapping[int, float]) -> Source:
        """A source whose examples are weighted by class, multiplied with any sample weights."""
        ...

    def scope(self, model: keras.Model) -> contextlib.AbstractContextManager:
        """The scope in which the variables of a run are made."""
        ...

    def train_loop(self, model: keras.Model, source: Source, rate: RunRate) -> Loop:
        """The fastest loop of `model.train_step` for a source."""
        ...

    def validation_loop(self, model: keras.Model, source: Source, records: bool) -> Loop:
        """The fastest loop of `model.test_step`; `records` labels, predictions and weights."""
        ...

    def random_state(self) -> Values:
        """The state of the random numbers that no Keras variable holds."""
        ...

    def set_random_state(self, values: Values) -> None:
        """Restores what `random_state` returned."""
        ...


def current() -> Backend:
    """The backend on which Keras runs, which must be one of `BACKENDS`."""
    module = importlib.import_module(f"reactive_schedules.training.{keras.backend.backend()}.backend")
    return cast("Backend", module)


def backend_of(name: str, instead: str) -> Backend:
    """The backend on which Keras runs.

    Args:
        name: Name of the function that needs it.
        instead: Alternative that works on every backend, as an imperative.

    Raises:
        SpecError: There is no training loop for the backend.
    """
    backend = keras.backend.backend()
    if backend in BACKENDS:
        return current()
    found = next((each for each in BACKENDS if find_spec(each)), None)
    remedy = f"set KERAS_BACKEND={found or BACKENDS[0]} before Keras is imported"
    if found is None:
        remedy = f"run pip install 'reactive-schedules[{BACKENDS[0]}]' and {remedy}"
    raise SpecError(
        f"{name}: needs one of the backends {', '.join(BACKENDS)} of Keras, got {backend!r}; {remedy}, or {instead}"
    )
