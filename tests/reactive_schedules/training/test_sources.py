from itertools import chain

import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.training.tensorflow.sources import ArraySource, DatasetSource, Source, as_source

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)
KINDS = [
    pytest.param(lambda: ArraySource((X, Y)), id="arrays"),
    pytest.param(lambda: DatasetSource(tf.data.Dataset.from_tensor_slices((X, Y))), id="dataset"),
]


def labels(source, batch_size=4, start=0, seed=0, epoch=0):
    return [y.numpy().tolist() for _, y in source.batches(batch_size, start, seed, epoch)]


@pytest.mark.parametrize("make", KINDS)
def test_an_epoch_visits_every_example_once_in_batches(make):
    batches = labels(make())
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(chain(*batches)) == list(range(10))
    assert labels(make(), epoch=None) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("make", KINDS)
def test_the_order_is_a_function_of_seed_and_epoch(make):
    source = make()
    assert labels(source) == labels(make())
    assert labels(source, epoch=1) == labels(source, epoch=1)
    assert len({str(labels(source, seed=seed, epoch=epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


@pytest.mark.parametrize("make", KINDS)
def test_a_start_leaves_out_what_was_seen(make):
    whole = [*chain(*labels(make(), batch_size=1))]
    assert labels(make(), batch_size=3, start=4) == [whole[4:7], whole[7:10]]


def test_arrays_may_be_larger_than_a_graph():
    x = np.zeros((2_200, 2**20), "uint8")  # 2.3 GB; a graph holds 2
    x[7] = 5
    source = ArraySource((x, np.arange(2_200)))
    for images, labels in source.batches(1, 7, 0, None).take(1):
        assert (int(images[0, -1]), labels.numpy().tolist()) == (5, [7])


def test_lists_of_arrays_stay_apart():
    (left, right), y = next(iter(ArraySource(([X, X[:, :1]], Y)).batches(4, 0, 0, None)))
    assert (left.shape, right.shape, y.shape) == ((4, 2), (4, 1), (4,))


@pytest.mark.parametrize("examples", [(X, Y), ({"a": X, "b": X}, Y), (X, Y, Y)])
def test_a_batched_dataset_is_refused(examples):
    dataset = tf.data.Dataset.from_tensor_slices(examples).batch(4)
    with pytest.raises(ValueError, match="validation: the dataset is batched, .*; pass dataset.unbatch()"):
        as_source(dataset, "validation")


@pytest.mark.parametrize(
    "dataset",
    [
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(5, drop_remainder=True),
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(5, drop_remainder=True).cache().prefetch(1),
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(5, drop_remainder=True).map(lambda x, y: (2 * x, y)),
    ],
)
def test_a_batched_dataset_of_one_size_is_refused(dataset):
    """A model without a fixed rank, such as one of sequences, would train on a batch as on one example."""
    with pytest.raises(ValueError, match="train: the dataset is batched, .*; pass dataset.unbatch()"):
        as_source(dataset, "train")


def test_windows_of_a_series_are_single_examples():
    series = tf.data.Dataset.range(30).batch(6, drop_remainder=True)
    assert as_source(series.map(lambda part: (part[:-1], part[1:])), "train").examples == 5
    assert as_source(series.map(lambda part: (part, part)).unbatch(), "train").examples == 30


def test_a_dataset_without_labels_is_refused():
    with pytest.raises(
        ValueError, match=r"train: the dataset must yield \(x, y\) or \(x, y, sample_weight\)"
    ):
        as_source(tf.data.Dataset.from_tensor_slices(X), "train")


def test_features_stay_with_their_labels():
    for x, y in ArraySource((X, Y)).batches(3, 0, 5, 2):
        np.testing.assert_array_equal(x, X[y.numpy()])
        assert x.dtype == tf.float32


def test_sources_are_told_by_their_type():
    own = ArraySource((X, Y))
    assert as_source(own, "train") is own
    assert isinstance(own, Source)
    assert isinstance(as_source((X, Y, None), "train"), ArraySource)
    assert isinstance(as_source(tf.data.Dataset.range(3).map(lambda n: (n, n)), "train"), DatasetSource)


@pytest.mark.parametrize("data", [X, (X,), (X, Y, Y, Y), None, "data.csv"])
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match=r"validation: must be \(x, y\) or \(x, y, sample_weight\)"):
        as_source(data, "validation")
