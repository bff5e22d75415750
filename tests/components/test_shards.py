"""Shards, read and written."""

import tempfile

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tfx.types import standard_artifacts

from components import shards


def test_what_is_written_is_read_in_order(tmp_path):
    shard = str(tmp_path / "Split-train" / shards.name(0, 2))
    examples = [b"%d" % number for number in range(10_000)]
    shards.write(shard, examples)
    assert [len(batch) for batch in shards.read(shard)] == [4096, 4096, 1808]
    assert [example for batch in shards.read(shard) for example in batch] == examples
    assert [record.numpy() for record in tf.data.TFRecordDataset(shard, "GZIP")] == examples


def test_an_interrupted_shard_does_not_exist_and_is_written_again(tmp_path):
    def examples():
        yield b"one"
        raise InterruptedError

    shard = str(tmp_path / "Split-train/data.gz")
    with pytest.raises(InterruptedError):
        shards.write(shard, examples())
    assert list((tmp_path / "Split-train").iterdir()) == []
    for content in (b"one", b"two"):
        shards.write(shard, [content])
        assert list(shards.read(shard)) == [[content]]


def test_an_empty_shard_has_no_examples(tmp_path):
    shard = str(tmp_path / "Split-train/data.gz")
    shards.write(shard, [])
    assert list(shards.read(shard)) == []


def test_shards_of_other_components_need_no_compression(tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "data")) as writer:
        writer.write(b"one")
    assert list(shards.read(str(tmp_path / "data"))) == [[b"one"]]


def test_compression_is_that_of_each_file(tmp_path):
    files = [str(tmp_path / "split" / name) for name in ("a.gz", "b", "c.gz")]
    for file in files[::2]:
        shards.write(file, [file.encode()])
    with tf.io.TFRecordWriter(files[1]) as writer:
        writer.write(files[1].encode())
    (batch,) = shards.batches(files)
    assert [value.decode() for value in batch.numpy()] == files
    assert list(shards.batches([])) == []


@settings(max_examples=25)
@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 50), st.integers(1, 1000))
def test_batches_are_of_one_length_that_the_borders_of_shards_do_not_change(sizes, rows, size):
    examples = [bytes(length) for length in sizes]
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = [f"{folder}/split/whole.gz"], [f"{folder}/split/{name}.gz" for name in "ab"]
        for file, content in zip([*whole, *parts], [examples, examples[:7], examples[7:]], strict=True):
            shards.write(file, content)
        found, other = (
            [batch.numpy().tolist() for batch in shards.batches(each, rows, size)] for each in (whole, parts)
        )
    assert found == other
    assert [example for batch in found for example in batch] == examples
    lengths = [len(batch) for batch in found]
    assert len(set(lengths[:-1])) <= 1
    assert all(length <= rows for length in lengths)
    assert all(len(batch) == 1 or sum(map(len, batch)) <= size for batch in found)


def test_files_are_those_of_the_split_in_order(tmp_path):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path), '["train", "eval"]'
    for split, index in (("train", 1), ("train", 0), ("eval", 0)):
        shards.write(f"{tmp_path}/Split-{split}/{shards.name(index, 2)}", [b"one"])
    folder = f"{tmp_path}/Split-train"
    assert shards.files_of([examples], "train") == [f"{folder}/{shards.name(index, 2)}" for index in (0, 1)]


def test_a_folder_that_cannot_be_removed_does_not_hide_what_went_wrong(tmp_path):
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path)
    with pytest.raises(ValueError, match="what went wrong"), shards.parts(examples):  # never created
        raise ValueError("what went wrong")
