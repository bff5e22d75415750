"""Statistics of shards, against TFX's own, and in every way in which the work can be spread."""

import json
import random

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.statistics_gen import executor as stock
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import Artifact, standard_artifacts

from components import shards
from components.errors import DataError
from components.statistics_gen import executor, generators
from pipeline.run.beam import arguments

SHARDS = 3
LONG = "a long text " * 100


def example(row: int, rng: np.random.Generator) -> bytes:
    """An example with every kind of column."""
    number = float(rng.normal())
    columns = {
        "number": [number],
        "whole": [int(rng.integers(-5, 6))],
        "constant": [3.0],
        "gaps": [number] if row % 3 else [],
        "not a number": [float("nan") if row % 5 == 0 else number],
        "infinite": [float("inf") if row % 7 == 0 else -float("inf") if row % 11 == 0 else number],
        "only NaN": [float("nan")],
        "several": rng.normal(size=row % 4).tolist(),
        "text": [f"level {int(rng.integers(4))}"],
        "identifier": [f"row {row}"],
        "bytes": [rng.bytes(6)],
        "empty": [],
        "late": [f"{row % 2}"]
        if row >= 200
        else [],  # only in the last shard, as if the others had never seen it
    }
    kinds = {bytes: "bytes_list", str: "bytes_list", int: "int64_list", float: "float_list"}
    found = tf.train.Example()
    for name, values in columns.items():
        feature = found.features.feature[name]
        if values:
            encoded = [value.encode() if isinstance(value, str) else value for value in values]
            getattr(feature, kinds[type(values[0])]).value.extend(encoded)
    found.features.feature["blank"].bytes_list.SetInParent()  # text, as ExampleGen writes an empty cell
    return found.SerializeToString()


pytestmark = pytest.mark.filterwarnings(
    "ignore:invalid value encountered:RuntimeWarning"
)  # mean of infinities


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> standard_artifacts.Examples:
    """300 rows in three shards of `train`, and a shard without rows in `eval`."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path_factory.mktemp("examples"))
    artifact.split_names = json.dumps(["train", "eval"])
    artifact.span = 4
    rng = np.random.default_rng(0)
    for index in range(SHARDS):
        shards.write(
            f"{artifact.uri}/Split-train/{shards.name(index, SHARDS)}",
            [example(row, rng) for row in range(100 * index, 100 * (index + 1))],
        )
    shards.write(f"{artifact.uri}/Split-eval/{shards.name(0, 1)}", [])
    return artifact


def statistics_of(examples, folder, cls=executor.Executor, exclude=(), beam=()) -> Artifact:
    output = standard_artifacts.ExampleStatistics()
    output.uri = str(folder)
    context = cls.Context(beam_pipeline_args=arguments(list(beam)), tmp_dir=str(folder / "tmp"))
    cls(context).Do(
        {"examples": [examples]}, {"statistics": [output]}, {"exclude_splits": json.dumps(list(exclude))}
    )
    return output


@pytest.fixture(scope="module")
def ours(examples, tmp_path_factory) -> Artifact:
    return statistics_of(examples, tmp_path_factory.mktemp("ours"))


def content(artifact, split: str) -> bytes:
    with tf.io.gfile.GFile(f"{artifact.uri}/Split-{split}/FeatureStats.pb", "rb") as file:
        return file.read()


def parsed(artifact, split: str) -> statistics_pb2.DatasetFeatureStatistics:
    (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(content(artifact, split)).datasets
    return dataset


def leaves(value, path=()):
    """Yields the values of a document with their paths, numbers as numbers."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        try:
            yield path, float(value)
        except ValueError:
            yield path, value


def same(found: Message, expected: Message, rel: float) -> None:
    mine, other = (dict(leaves(json_format.MessageToDict(message))) for message in (found, expected))
    assert mine.keys() == other.keys()
    for path, value in mine.items():
        is_text = isinstance(value, str)
        assert value == (other[path] if is_text else pytest.approx(other[path], rel=rel, nan_ok=True)), path


def test_every_field_is_that_of_tfx(examples, ours, tmp_path):
    theirs = statistics_of(examples, tmp_path, stock.Executor)
    assert json.loads(ours.split_names) == json.loads(theirs.split_names) == ["train", "eval"]
    assert ours.span == 4
    for split in ("train", "eval"):
        found, expected = parsed(ours, split), parsed(theirs, split)
        assert found.num_examples == expected.num_examples == (300 if split == "train" else 0)
        by_name = [
            {feature.path.step[0]: feature for feature in dataset.features} for dataset in (found, expected)
        ]
        assert by_name[0].keys() == by_name[1].keys()
        for name, feature in by_name[0].items():
            # Sketches of so few values keep all of them. TFDV computes histograms in float32.
            same(feature, by_name[1][name], rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_shards_arrive_does_not_matter(examples, ours, tmp_path, seed):
    files = shards.files_of([examples], "train")
    parts = [(index, executor.accumulated(file)) for index, file in enumerate(files)]
    random.Random(seed).shuffle(parts)
    executor._write(str(tmp_path / "statistics"), parts)
    assert (tmp_path / "statistics").read_bytes() == content(ours, "train")


@pytest.mark.usefixtures("forked_children")
def test_worker_processes_write_the_same_bytes(examples, ours, tmp_path):
    two = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    spread = statistics_of(examples, tmp_path, beam=two)
    for split in ("train", "eval"):
        assert content(spread, split) == content(ours, split)


def test_a_shard_that_takes_several_reads_has_the_same_statistics(examples, ours, tmp_path):
    files = shards.files_of([examples], "train")
    assert len(list(shards.read(files[0], size=2**13))) > 2
    parts = [(index, executor.accumulated(file, batch_bytes=2**13)) for index, file in enumerate(files)]
    executor._write(str(tmp_path / "statistics"), parts)
    (found,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(
        (tmp_path / "statistics").read_bytes()
    ).datasets
    expected = parsed(ours, "train")
    same(found, expected, rel=1e-12)


def test_a_value_is_counted_however_many_batches_it_is_in():
    from tfx_bsl.coders import example_coder

    decoder, values = example_coder.ExamplesToRecordBatchDecoder(), generators.Values()
    rng = np.random.default_rng(1)
    drawn = [f"value {number}" for number in rng.integers(20, size=100)]
    accumulator = values.create_accumulator()
    for text in drawn:
        row = tf.train.Example()
        row.features.feature["text"].bytes_list.value.append(text.encode())
        accumulator = values.add_input(accumulator, decoder.DecodeBatch([row.SerializeToString()]))
    (feature,) = values.extract_output(values.compact(accumulator)).features
    assert feature.string_stats.unique == len(set(drawn))
    top = {found.value: found.frequency for found in feature.string_stats.top_values}
    assert top == {text: drawn.count(text) for text in top}
    assert list(top) == sorted(set(drawn), key=lambda text: (drawn.count(text), text))[:-21:-1]


def test_long_values_are_counted_without_being_kept(tmp_path):
    long = [LONG, LONG, LONG + "and another end"]
    rows = []
    for text in ["short", *long]:
        row = tf.train.Example()
        row.features.feature["text"].bytes_list.value.append(text.encode())
        rows.append(row.SerializeToString())
    shard = str(tmp_path / "Split-train/data.gz")
    shards.write(shard, rows)
    executor._write(str(tmp_path / "statistics"), [(0, executor.accumulated(shard))])
    written = (tmp_path / "statistics").read_bytes()
    (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(written).datasets
    text = dataset.features[0].string_stats
    assert (text.unique, len(written) < 1000) == (3, True)
    assert [(found.value, found.frequency) for found in text.top_values] == [
        ("__BYTES_VALUE__", 2),
        ("__BYTES_VALUE__", 1),
        ("short", 1),
    ]


def test_splits_can_be_left_out(examples, tmp_path):
    output = statistics_of(examples, tmp_path, exclude=["train"])
    assert json.loads(output.split_names) == ["eval"]
    assert not (tmp_path / "Split-train").exists()


def test_what_is_not_supported_is_refused_in_one_line(examples, tmp_path):
    other = standard_artifacts.Examples()
    other.uri, other.split_names = examples.uri, json.dumps(["test"])
    with pytest.raises(DataError, match=r"^StatisticsGen: no files in split 'test' of .*$"):
        statistics_of(other, tmp_path)
    examples_utils.set_payload_format(other, example_gen_pb2.FORMAT_PARQUET)
    with pytest.raises(DataError, match=r"^StatisticsGen: needs tf\.Examples; .*$"):
        statistics_of(other, tmp_path)
