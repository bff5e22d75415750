"""Splits in memory and as a stream."""

import itertools
import shutil
from collections.abc import Iterable

import keras
import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

import reactive_schedules as rs
from components.features import LABEL, LabelFeature
from components.learning.outputs import Scale
from components.learning.rows import TrainingRows
from components.learning.splits import read_split
from components.learning.stream import StreamSource
from components.learning.task import load_task
from tests.components.described import described, schema_artifact
from tests.components.formats.examples import write_examples

SPEC = {"x": tf.io.FixedLenFeature([2], tf.float32), LABEL: tf.io.FixedLenFeature([1], tf.int64)}

DESCRIBED = described(SPEC)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """Artifacts with 1,003 examples, numbered by `x[0]` and the label, in five files of different sizes."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(tmp_path_factory.mktemp("examples")), '["train", "empty"]'
    for name in ("train", "extra", "empty"):
        tf.io.gfile.makedirs(f"{artifact.uri}/Split-{name}")
    bounds = [0, 10, 400, 401, 900, 1003]
    for number, (first, last) in enumerate(itertools.pairwise(bounds)):
        path = f"{artifact.uri}/Split-train/examples-{number:05d}-of-00005.gz"
        write(path, range(first, last))
    return [artifact]


def write(path: str, labels: Iterable[int]) -> None:
    rows = ({"x": [float(index), -index], LABEL: [index]} for index in labels)
    write_examples(path, rows, "GZIP")


@pytest.fixture(scope="module")
def stream(split) -> StreamSource:
    source = read_split(split, DESCRIBED, "train", budget=0).data
    assert isinstance(source, StreamSource)
    return source


@pytest.fixture(scope="module")
def small_blocks(split, tmp_path_factory):
    """The same examples in blocks of about 37, windows of three blocks, and chunks of about 80 examples."""
    shutil.copytree(split[0].uri, uri := str(tmp_path_factory.mktemp("copy") / "examples"))
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = uri, split[0].split_names
    shutil.rmtree(f"{uri}/.columns", ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.learning.splits.BLOCK_BYTES", 37 * 40)
        patch.setattr("components.learning.stream.WINDOW_BYTES", 111 * 16)
        patch.setattr("components.learning.stream.CHUNK_BYTES", 80 * 16)
        source = read_split([artifact], DESCRIBED, "train", budget=0).data
        assert isinstance(source, StreamSource)
        yield source


def visited(source: StreamSource, batch_size=64, start=0, seed=0, epoch=0) -> np.ndarray:
    batches = list(source.batches(batch_size, start, seed, epoch))
    assert all(len(labels) == batch_size for _, labels in batches[:-1])
    for inputs, labels in batches:
        np.testing.assert_array_equal(inputs["x"][:, 0], labels[:, 0])
    return np.concatenate([labels[:, 0] for _, labels in batches])


def test_several_splits_are_read_as_one(split, tmp_path):
    """In memory and as a stream, each of them as large as it is."""
    write(f"{split[0].uri}/Split-extra/examples.gz", range(1003, 1100))
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = split[0].uri, '["train", "extra"]'
    arrays, stream = (read_split([artifact], DESCRIBED, "train,extra", budget) for budget in (2**30, 0))
    np.testing.assert_array_equal(arrays.truth()[0], range(1100))
    np.testing.assert_array_equal(stream.truth()[0], range(1100))
    assert arrays.labels == stream.labels
    with pytest.raises(ValueError, match="Split does not exist over all example artifacts: missing"):
        read_split([artifact], DESCRIBED, "train,missing")


def test_both_hold_every_example_once(split, stream):
    arrays = read_split(split, DESCRIBED, "train").data
    assert isinstance(arrays, tuple)
    inputs, labels = arrays
    np.testing.assert_array_equal(labels[:, 0], np.arange(1003))
    np.testing.assert_array_equal(inputs["x"][:, 1], -np.arange(1003))
    assert stream.examples == 1003
    np.testing.assert_array_equal(visited(stream, epoch=None), np.arange(1003))
    for epoch in range(3):
        np.testing.assert_array_equal(np.sort(visited(stream, epoch=epoch)), np.arange(1003))


def test_order_depends_only_on_seed_and_epoch(split, stream):
    again = read_split(split, DESCRIBED, "train", budget=0).data
    first = visited(stream, seed=1, epoch=2)
    visited(again, seed=5, epoch=0)  # what was read before does not matter
    np.testing.assert_array_equal(visited(again, seed=1, epoch=2), first)
    np.testing.assert_array_equal(visited(again, batch_size=7, seed=1, epoch=2), first)
    assert not np.array_equal(visited(stream, seed=1, epoch=3), first)
    assert not np.array_equal(visited(stream, seed=2, epoch=2), first)


def test_resuming_within_an_epoch_continues_with_the_rest(stream):
    np.testing.assert_array_equal(visited(stream, start=640, epoch=1), visited(stream, epoch=1)[640:])


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1003, 2000])
def test_batches_span_windows_and_chunks(small_blocks, batch_size):
    whole = visited(small_blocks, 64, epoch=4)
    assert not np.array_equal(whole, visited(small_blocks, 64, epoch=5))
    np.testing.assert_array_equal(np.sort(whole), np.arange(1003))
    for start in (0, 36, 111, 1002):
        np.testing.assert_array_equal(visited(small_blocks, batch_size, start, epoch=4), whole[start:])
    np.testing.assert_array_equal(visited(small_blocks, batch_size, epoch=None), np.arange(1003))


def test_statistics_of_the_labels_do_not_depend_on_the_budget(split):
    streamed, memory = (read_split(split, DESCRIBED, "train", budget).labels for budget in (0, 2**30))
    assert streamed == memory
    assert (memory.count, memory.mean, memory.least) == (1003, 501, 0)
    assert memory.std == pytest.approx(np.std(np.arange(1003)), rel=1e-14)


def test_budget_counts_parsed_bytes(split):
    """Two numbers of four bytes and a label of eight; a parsed copy that is there makes no difference."""
    for budget, kind in ((1003 * 16 - 1, StreamSource), (1003 * 16, tuple), (0, StreamSource)):
        assert isinstance(read_split(split, DESCRIBED, "train", budget).data, kind)


def test_labels_of_a_regression_are_scaled_in_both(split, stream):
    scale = Scale(501.0, 10.0)
    labels = [labels for _, labels in stream.with_rows(TrainingRows(scale)).batches(500, 0, 0, None)]
    np.testing.assert_allclose(np.concatenate(labels)[:, 0], (np.arange(1003) - 501) / 10)
    np.testing.assert_array_equal(visited(stream, epoch=None), np.arange(1003))  # the source itself stays


def test_empty_split_is_an_error_that_names_it(split):
    with pytest.raises(
        ValueError,
        match=r"^data\.splits: the split 'empty' has no examples; equal rows all go to one split, so add",
    ):
        read_split(split, DESCRIBED, "empty")


def test_a_label_that_is_not_a_class_is_an_error(tmp_path):
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(tmp_path), '["train", "eval"]'
    for name, labels in {"train": [0, 1], "eval": [0, -1]}.items():
        (tmp_path / f"Split-{name}").mkdir()
        write(f"{tmp_path}/Split-{name}/examples.gz", labels)
    with pytest.raises(
        ValueError,
        match=r"a kind that is not one of the 2 classes \(such as no\); .*data.classes is incomplete",
    ):
        load_task(
            [artifact],
            schema_artifact(tmp_path / "schema", SPEC),
            LabelFeature("kind", "classification", ("no", "yes")),
            {"train": "train", "validation": "eval"},
        )


def test_training_takes_the_exact_number_of_steps(split, stream):
    def model():
        inputs = keras.Input((2,), name="x")
        return keras.Model({"x": inputs}, keras.layers.Dense(1, kernel_initializer="zeros")(inputs))

    spec = rs.TrainingSpec.parse(
        {"learning_rate": {"family": "constant", "peak": 1e-12}, "batch_size": 100, "epochs": 3}
    )
    memory = read_split(split, DESCRIBED, "train").data
    results = [rs.fit(model(), data, stream, spec, loss="mse") for data in (stream, memory)]
    for result in results:
        assert result.updates == 3 * 11
        assert result.history["examples_seen"] == [1003, 2006, 3009]
    first, other = (result.history["val_loss"] for result in results)
    np.testing.assert_allclose(first, other, rtol=1e-3)
