"""What `fit` needs of PyTorch; see `reactive_schedules.training.backend.Backend`."""

import contextlib
from typing import Any

import keras
import torch

from reactive_schedules.keras.variables import Values
from reactive_schedules.training.class_weight import weighted as weighted
from reactive_schedules.training.datasets import dataset_source
from reactive_schedules.training.foreign import refuse_batched
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source
from reactive_schedules.training.torch.loop import ArrayLoop, StepLoop
from reactive_schedules.training.torch.sources import ArraySource, LoaderSource, loader_source


def as_source(data: Any, name: str) -> Source:
    """A source for `data`, or `data` itself if it is a `Source`."""
    found = loader_source(data, name)
    if found is None:
        refuse_batched(data, name)
        found = dataset_source(data, name)
    return found or (data if isinstance(data, Source) else ArraySource(data, name))


def scope(model: keras.Model) -> contextlib.AbstractContextManager:
    """The scope in which the variables of a run are made."""
    return contextlib.nullcontext()


def train_loop(model: keras.Model, source: Source, rate: RunRate) -> StepLoop:
    """The fastest loop for a source.

    Raises:
        ValueError: The source is a `DataLoader` with another batch size than the spec's.
    """
    if isinstance(source, LoaderSource):
        source.check_batch_size(rate.clock.batch_size)
    loop = ArrayLoop if isinstance(source, ArraySource) else StepLoop
    return loop(model, source, rate)


def validation_loop(model: keras.Model, source: Source, records: bool) -> StepLoop:
    """The fastest loop of `model.test_step`."""
    loop = ArrayLoop if isinstance(source, ArraySource) else StepLoop
    return loop(model, source, records=records)


def random_state() -> Values:
    """The states of PyTorch's generators, from which dropout without a seed draws."""
    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states += torch.cuda.get_rng_state_all()
    return [state.numpy() for state in states]


def set_random_state(values: Values) -> None:
    """Restores what `random_state` returned; a GPU that it did not see keeps its state."""
    states = [torch.from_numpy(value.copy()) for value in values]
    if states:
        torch.set_rng_state(states[0])
    if torch.cuda.is_available():
        for device, state in zip(range(torch.cuda.device_count()), states[1:], strict=False):
            torch.cuda.set_rng_state(state, device)
