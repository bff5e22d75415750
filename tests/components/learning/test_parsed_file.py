import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from components.features import LABEL
from components.learning import parsed_file
from components.learning.parsed_file import LabelSummary, ParsedFile

SPEC = {
    "image": tf.io.FixedLenFeature([2, 3, 1], tf.float32),
    "file": tf.io.FixedLenFeature([], tf.string),
    "words": tf.io.FixedLenFeature([2], tf.string),
    LABEL: tf.io.FixedLenFeature([1], tf.int64),
}


@pytest.fixture(scope="module")
def block():
    """Ten examples of every kind of feature."""
    image = np.arange(60, dtype="float32").reshape(10, 2, 3, 1)
    image[3, 1, 2] = np.nan
    file = np.array([b"\x00" * index + b"\xff\x00" for index in range(10)], object)
    words = np.array([[b"", str(index).encode()] for index in range(10)], object)
    return {"image": image, "file": file, "words": words, LABEL: np.arange(10)[:, np.newaxis] - 2**60}


@pytest.fixture(scope="module")
def path(block, tmp_path_factory):
    """The examples in a file, in blocks of four."""
    file = tmp_path_factory.mktemp("columns") / "file"
    parts = ({name: array[at : at + 4] for name, array in block.items()} for at in (0, 4, 8))
    parsed_file.write(file, map(parsed_file.to_batch, parts), SPEC)
    return file


def test_blocks_come_back_as_they_were_in_any_order(block, path):
    found = ParsedFile(path, SPEC)
    assert (found.examples, found.block) == (10, 4)
    assert found.bytes > 10 * (6 * 4 + 8)
    assert found.labels.least == -(2**60)
    reader = found.reader()
    for blocks, order in (([0, 1, 2], range(10)), ([2, 0], [8, 9, 0, 1, 2, 3]), ([1], [4, 5, 6, 7])):
        read = found.read(reader, blocks)
        for name, array in block.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array[[*order]])


def test_a_deleted_file_can_still_be_read(block, path, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    found = ParsedFile(copy, SPEC)
    copy.unlink()
    np.testing.assert_array_equal(found.read(found.reader(), [1])[LABEL], block[LABEL][4:8])


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_file_without_its_end_is_an_error(path, tmp_path, kept):
    part = tmp_path / "part"
    part.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(pa.ArrowInvalid):
        ParsedFile(part, SPEC)


numbers = st.floats(-1e6, 1e6, width=32)


@given(st.lists(arrays.arrays("float32", st.integers(1, 50), elements=numbers), min_size=1))
def test_summary_of_labels(blocks):
    summary = LabelSummary()
    for labels in blocks:
        summary = summary.add(labels)
    every = np.concatenate(blocks).astype(np.float64)
    scale = np.abs(every).max()
    assert (summary.count, summary.least) == (every.size, every.min())
    assert summary.mean == pytest.approx(every.mean(), abs=1e-13 * scale)
    assert summary.std == pytest.approx(every.std(), abs=1e-7 * scale)


@given(numbers, st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_labels_that_are_all_the_same_have_exactly_no_deviation(value, sizes):
    summary = LabelSummary()
    for size in sizes:
        summary = summary.add(np.full((size, 1), value, np.float32))
    assert (summary.mean, summary.std) == (value, 0)


def test_deviation_of_labels_far_from_zero():
    labels = 1e9 + np.arange(1000.0)
    summary = LabelSummary().add(labels[:1]).add(labels[1:300]).add(labels[300:])
    assert summary.std == pytest.approx(np.std(np.arange(1000)), rel=1e-12)
