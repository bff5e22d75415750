"""Where the parsed copy of a split is, and what becomes of it; tests/kill has processes that die making it."""

import logging
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components import checksums, shards
from components.errors import UserError
from components.features import LABEL
from components.learning import parsed_file
from components.learning.parsed_copy import ParsedCopy
from components.learning.parsed_file import to_batch
from components.learning.splits import read_split
from components.learning.stream import StreamSource
from tests.components.described import described
from tests.components.formats.examples import examples

SPEC = {"x": tf.io.FixedLenFeature([1], tf.float32), LABEL: tf.io.FixedLenFeature([1], tf.int64)}


@pytest.fixture
def artifact(tmp_path):
    """Artifact with a split of 100 examples."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(tmp_path / "examples"), '["train"]'
    fill(artifact)
    return artifact


def fill(artifact, first: int = 0) -> None:
    rows = ({"x": [0.5], LABEL: [index]} for index in range(first, first + 100))
    shards.write(f"{artifact.uri}/Split-train/{shards.name(0, 1)}", examples(*rows))


def labels(artifact) -> list[int]:
    """Reads the split from its parsed copy, in the order of the examples."""
    source = read_split([artifact], described(SPEC), "train", budget=0).data
    assert isinstance(source, StreamSource)
    return np.concatenate([labels[:, 0] for _, labels in source.batches(7, 0, 0, None)]).tolist()


def copies(artifact) -> list[Path]:
    return sorted(Path(artifact.uri, ".columns").glob("*.arrow"))


def test_it_is_made_once_and_said_before(artifact, caplog):
    caplog.set_level(logging.INFO, "progress")
    assert labels(artifact) == [*range(100)]
    (copy,) = copies(artifact)
    written = copy.stat()
    assert labels(artifact) == [*range(100)]
    assert copy.stat() == written
    assert caplog.messages == [f"train: parsing 100 examples once, 0.0 GiB in {copy.parent}"]


def test_it_counts_as_no_change_of_the_artifact(artifact):
    taken = checksums.take(Path(artifact.uri))
    labels(artifact)
    assert copies(artifact)
    assert checksums.damage(Path(artifact.uri), taken, whole=True) is None
    assert checksums.take(Path(artifact.uri)) == taken


def test_other_examples_in_the_same_place_are_parsed_again(artifact):
    labels(artifact)
    shard = Path(artifact.uri, "Split-train", shards.name(0, 1))
    before = shard.stat()
    fill(artifact, first=5000)
    os.utime(shard, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert labels(artifact) == [*range(5000, 5100)]
    assert len(copies(artifact)) == 1


def test_a_copy_in_another_layout_is_replaced_and_other_splits_stay(artifact, monkeypatch):
    labels(artifact)
    (old,) = copies(artifact)
    other = old.with_name("train-more-1.arrow")
    other.touch()
    monkeypatch.setattr(parsed_file, "LAYOUT", parsed_file.LAYOUT + 1)
    assert labels(artifact) == [*range(100)]
    assert not old.exists()
    assert other.exists()


def test_a_damaged_copy_is_made_again(artifact):
    labels(artifact)
    (copy,) = copies(artifact)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-100])
    assert labels(artifact) == [*range(100)]
    assert copy.read_bytes() == whole


@pytest.mark.parametrize("kind", ["not writable", "object store"])
def test_elsewhere_than_in_a_folder_it_is_temporary_and_leaves_nothing(artifact, kind, tmp_path, monkeypatch):
    if kind == "not writable":
        Path(artifact.uri, ".columns").write_bytes(b"")  # even for root
    else:
        artifact.uri = f"file://{artifact.uri}"
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before = sorted(tmp_path.rglob("*"))
    assert labels(artifact) == [*range(100)]
    assert sorted(tmp_path.rglob("*")) == before


def test_too_small_a_disk_is_refused_before_it_is_used(artifact):
    batch = to_batch({"x": np.zeros((100, 1), "float32"), LABEL: np.zeros((100, 1), int)})
    with pytest.raises(
        UserError,
        match=r"examples/\.columns: has [\d.]+ GiB free, but the 100 examples of the split 'train' do not fit in "
        r"memory and take 93132257\.5 GiB of disk; free some space there$",
    ):
        ParsedCopy([artifact], "train", SPEC).make(iter([batch]), example_bytes=1e15)
    assert [file.name for file in Path(artifact.uri, ".columns").iterdir()] == ["lock"]


def test_a_disk_that_others_fill_is_an_error_that_leaves_nothing(artifact):
    folder = Path(artifact.uri, ".columns")
    folder.mkdir()
    (folder / "train.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"^[^\n]*GiB of disk; free some space there$"):
        labels(artifact)
    assert [file.name for file in folder.iterdir()] == ["lock"]
