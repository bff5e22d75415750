"""Datasets and loaders of PyTorch as sources; `make torch-test` runs this where PyTorch is installed."""

import re

import keras
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, WeightedRandomSampler

import reactive_schedules as rs
from reactive_schedules.training.backend import backend_of
from tests.reactive_schedules.training.any_backend.running import LOSS, assert_equal_runs, fit, network, spec
from tests.reactive_schedules.training.small_problem import data, validation_data


def dataset(arrays=None):
    return TensorDataset(*map(torch.from_numpy, arrays or data(200)))


class Seen(Dataset):
    """Notes which of its examples are asked for."""

    def __init__(self):
        self.numbers = []

    def __len__(self):
        return 203

    def __getitem__(self, index):
        self.numbers.append(index)
        return np.full(6, index, "float32"), index % 3


@pytest.mark.parametrize(
    "load",
    [
        lambda some: some,
        lambda some: DataLoader(some, batch_size=50, shuffle=True),
        lambda some: DataLoader(some, batch_size=None),
        lambda some: DataLoader(some, batch_size=50, num_workers=2),
    ],
    ids=["dataset", "loader", "single examples", "workers"],
)
def test_they_train_as_arrays_do(load):
    chosen = spec(3, 50, action="grow", growth=2, max_batch_size=100)
    expected = fit(chosen=chosen)
    found = fit(train=load(dataset()), validation=load(dataset(validation_data())), chosen=chosen)
    assert_equal_runs(expected, found)


def test_each_example_is_seen_once_an_epoch_in_the_order_of_arrays():
    seen = Seen()
    source = backend_of("fit", "").as_source(DataLoader(seen, batch_size=32), "train")
    del seen.numbers[:]
    for epoch in range(2):
        list(source.batches(32, 0, 5, epoch))
    np.testing.assert_array_equal(seen.numbers[:203], np.random.default_rng([5, 0]).permutation(203))
    np.testing.assert_array_equal(seen.numbers[203:], np.random.default_rng([5, 1]).permutation(203))


class Noisy(Dataset):
    """Augments: what it draws must not depend on where a training was interrupted."""

    def __init__(self):
        self.x, self.y = data(200)

    def __len__(self):
        return 200

    def __getitem__(self, index):
        return self.x[index] + 0.1 * torch.randn(6).numpy(), self.y[index]


class Crash(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 7:
            raise KeyboardInterrupt


def dropping(seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.2), *network(seed=seed).layers])


def test_a_crash_inside_an_epoch_costs_nothing_even_if_examples_are_drawn_at_random(tmp_path):
    whole = fit(dropping(), train=Noisy())
    with pytest.raises(KeyboardInterrupt):
        fit(dropping(), train=Noisy(), checkpoint_dir=tmp_path, checkpoint_every=2, callbacks=[Crash()])
    assert_equal_runs(whole, fit(dropping(1), train=Noisy(), checkpoint_dir=tmp_path, checkpoint_every=2))


def test_workers_do_not_disturb_the_random_numbers_of_dropout(tmp_path):
    def load():
        return DataLoader(Noisy(), batch_size=50, num_workers=2)

    whole = fit(dropping(), train=load())
    fit(dropping(), train=load(), checkpoint_dir=tmp_path, until=2)
    assert_equal_runs(whole, fit(dropping(1), train=load(), checkpoint_dir=tmp_path))


def test_a_dropout_without_a_seed_resumes():
    """What the test above stands on: this dropout draws from PyTorch's own generator."""
    layer = keras.layers.Dropout(0.5)
    torch.manual_seed(0)
    one = layer(np.ones((1, 99)), training=True)
    torch.manual_seed(0)
    assert torch.equal(one, layer(np.ones((1, 99)), training=True))
    assert not torch.equal(one, layer(np.ones((1, 99)), training=True))


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield np.zeros(6, "float32"), 0


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (
            DataLoader(dataset(), batch_size=64),
            "train: the DataLoader has batches of 64 examples, but the spec of 50; set spec.batch_size to 64, or",
        ),
        (
            DataLoader(dataset(), batch_size=50, sampler=WeightedRandomSampler([1.0] * 200, 200)),
            "train: the DataLoader chooses examples by WeightedRandomSampler, but each must be seen once an epoch",
        ),
        (DataLoader(dataset(), batch_size=50, drop_last=True), "train: .* drops .*; set drop_last=False"),
        (
            DataLoader(Endless(), batch_size=50),
            "train: the dataset must have a length and examples by number",
        ),
        (Endless(), "train: the dataset must have a length and examples by number"),
        (TensorDataset(torch.zeros(0, 6), torch.zeros(0)), "train: has no examples"),
        (
            TensorDataset(torch.zeros(9, 6)),
            r"train: the dataset must yield \(x, y\) or .*; it yields 1 parts",
        ),
        (
            TensorDataset(torch.zeros(9, 5, 6), torch.zeros(9, 5)),
            "train: an example has 2 axes, but the model",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(train, message):
    with pytest.raises(ValueError, match=message) as error:
        rs.fit(network(), train, None, spec(), **LOSS)
    assert not re.search("\n", str(error.value))


def test_a_range_test_of_a_loader():
    model = network()
    model.compile("adam", **LOSS)
    found = rs.range_test(model, DataLoader(dataset(), batch_size=32), low=1e-4, steps=20)
    assert found.losses.tolist() == rs.range_test(model, data(200), low=1e-4, steps=20).losses.tolist()


def test_a_compiled_model_trains_as_an_eager_one():
    eager, compiled = network(), network()
    compiled.compile(jit_compile=True, **LOSS)
    expected, found = (rs.fit(model, data(200), None, spec(2), **LOSS) for model in (eager, compiled))
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], rtol=1e-5)


def test_tensors_are_arrays():
    expected = fit(chosen=spec(2))
    assert_equal_runs(expected, fit(train=tuple(map(torch.from_numpy, data(200))), chosen=spec(2)))
