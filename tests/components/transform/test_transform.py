"""Transform on real examples: TFX's results, shard by shard, whatever the order and however the work is spread."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.transform import executor as stock
from tfx.types import standard_artifacts

from components import shards
from components.errors import UserError
from components.formats.recognition.profile import MOST_LEVELS
from components.record_batches import ShardRecords
from components.schema import read_schema
from components.transform import analyzers
from components.transform.executor import batch_rows
from components.transform.transformed import TransformShard
from pipeline import preprocessing
from tests.components.transform import running

ROWS = 3000


@pytest.fixture(scope="module")
def columns() -> dict[str, list]:
    random = np.random.default_rng(0)
    texts = np.array([b"a", b"b", b"", b"two\nlines", b"\xff\x00\xfe", b"tab\there", "größe".encode(), b"c"])
    many = [b"%d" % number for number in random.integers(0, 2500, ROWS)]
    gaps = random.random(ROWS) < 0.2
    return {
        "id": [[float(row)] for row in range(ROWS)],
        "target": [[int(value)] for value in random.integers(0, 2, ROWS)],
        "time": [[1_700_000_000 + int(value)] for value in random.integers(0, 100_000, ROWS)],
        "amount": [[float(value)] for value in random.lognormal(3, 4, ROWS).astype(np.float32)],
        "hole": [[] if gap else [float(value)] for gap, value in zip(gaps, random.normal(size=ROWS), strict=True)],
        "count": [[] if gap else [int(value)] for gap, value in zip(gaps[::-1], random.integers(-9, 9, ROWS), strict=True)],
        "code": [[] if gap else [int(value)] for gap, value in zip(gaps, random.integers(0, 9, ROWS), strict=True)],
        "text": [[value] for value in texts[random.integers(0, len(texts), ROWS)].tolist()],
        "many": [[] if gap else [value] for gap, value in zip(gaps, many, strict=True)],
        "bag": [[b"x"] * int(number) for number in random.integers(0, 3, ROWS)],
    }  # fmt: skip


SPLITS = {"train": [list(range(900)), list(range(900, 2500))], "eval": [list(range(2500, ROWS))]}


@pytest.fixture(scope="module")
def raw(columns, tmp_path_factory):
    return running.write_raw(tmp_path_factory.mktemp("raw"), columns, SPLITS)


@pytest.fixture(scope="module")
def transformed(raw, tmp_path_factory):
    return running.run(raw, tmp_path_factory.mktemp("ours"), f"{__name__}.default_and_more")


def default_and_more(inputs, custom_config):
    """The default for all but one column, and what a user may add: several values, ranges, quantiles, an analyser."""
    inputs = dict(inputs)
    bag, number = inputs.pop("bag"), inputs["amount"]
    borders = analyzers.quantiles(number, [0.25, 0.5, 0.75])
    return {
        **preprocessing.preprocessing_fn(inputs, custom_config),
        "id": inputs["id"],
        "bag": tf.SparseTensor(
            bag.indices, tf.cast(tf.strings.length(bag.values), tf.int64), bag.dense_shape
        ),
        "bin": tf.cast(tf.searchsorted(borders[:, 0], tf.cast(number[:, 0], tf.float64)), tf.int64)[:, None],
        "ragged": tf.RaggedTensor.from_sparse(
            tf.SparseTensor(bag.indices, tft.compute_and_apply_vocabulary(bag).values, bag.dense_shape)
        ),
    }


def stock_default_and_more(inputs, custom_config):
    """The same with TFX's analysers."""
    numbers = [inputs[name] for name in ("amount", "count", "hole", "time")]
    dense = [
        tf.cast(number, tf.float64)
        if isinstance(number, tf.Tensor)
        else tf.sparse.to_dense(
            tf.SparseTensor(number.indices, tf.cast(number.values, tf.float64), [number.dense_shape[0], 1]),
            tf.constant(np.nan, tf.float64),
        )
        for number in numbers
    ]
    scaled = tft.scale_to_z_score(
        tf.concat([tf.reshape(part, [-1, 1]) for part in dense], 1), elementwise=True
    )
    outputs = {
        "numeric_xf": tf.cast(tf.where(tf.math.is_nan(scaled), tf.zeros_like(scaled), scaled), tf.float32)
    }
    for name in ("code", "many", "text"):
        text = inputs[name]
        if isinstance(text, tf.SparseTensor):
            values = text.values if text.dtype == tf.string else tf.strings.as_string(text.values)
            text = tf.sparse.to_dense(tf.SparseTensor(text.indices, values, [text.dense_shape[0], 1]), "")
        outputs[f"{name}_xf"] = tft.compute_and_apply_vocabulary(
            tf.reshape(text, [-1, 1]),
            top_k=MOST_LEVELS,
            num_oov_buckets=1,
            vocab_filename=name,
        )
    return {**outputs, "id": inputs["id"]}


@pytest.fixture(scope="module")
def by_tfx(raw, tmp_path_factory):
    return running.run(
        raw, tmp_path_factory.mktemp("tfx"), f"{__name__}.stock_default_and_more", stock.Executor
    )


@pytest.mark.parametrize("split", ["train", "eval"])
def test_results_are_those_of_tfx_save_that_gaps_have_an_index(columns, transformed, by_tfx, split):
    ours, theirs = running.read(transformed, split), running.read(by_tfx, split)
    mine, other = np.argsort(ours["id"][:, 0]), np.argsort(theirs["id"][:, 0])
    for name in ("code", "many", "text"):
        gaps = [[columns[name][int(row)] in ([], [b""])] for row in ours["id"][mine, 0]]
        np.testing.assert_array_equal(ours[f"{name}_xf"][mine] - gaps, theirs[f"{name}_xf"][other])
    standardised = ours["numeric_xf"][mine, : theirs["numeric_xf"].shape[1]]
    np.testing.assert_allclose(standardised, theirs["numeric_xf"][other], rtol=3e-7, atol=3e-7)


def test_the_schema_has_the_ranges_that_tfx_finds(transformed, by_tfx):
    ours, theirs = (
        {
            feature.name: feature
            for feature in tft.TFTransformOutput(str(out / "graph")).transformed_metadata.schema.feature
        }
        for out in (transformed, by_tfx)
    )
    assert theirs["many_xf"].int_domain.max == MOST_LEVELS
    for name, feature in theirs.items():
        if feature.HasField("int_domain"):
            feature.int_domain.max += 1  # for gaps
        if name == "numeric_xf":
            feature.shape.dim[0].size *= 2  # also scaled by quantiles
        assert ours[name] == feature


def test_shards_keep_their_names_and_rows_their_order(transformed):
    files = {
        path.relative_to(transformed / "examples").as_posix()
        for path in (transformed / "examples").rglob("*.gz")
    }
    assert files == {
        f"Split-{split}/{shards.name(i, len(parts))}"
        for split, parts in SPLITS.items()
        for i in range(len(parts))
    }
    assert running.read(transformed, "train")["id"].ravel().tolist() == list(range(2500))
    assert running.read(transformed, "eval")["id"].ravel().tolist() == list(range(2500, ROWS))
    assert {path.name for path in (transformed / "examples").iterdir()} == {"Split-train", "Split-eval"}


def test_rows_of_a_shard_that_takes_several_reads_keep_their_order(raw, transformed, tmp_path):
    files, schema = shards.files_of(raw["examples"], "train"), read_schema(raw["schema"])
    rows = [example for file in files for batch in shards.read(file) for example in batch]
    source = f"{tmp_path}/raw/Split-train/{shards.name(0, 1)}"
    shards.write(source, rows * 2)
    assert len(list(shards.read(source))) == 2
    worker = TransformShard(
        schema,
        ShardRecords(files, schema).TensorAdapterConfig(),
        str(transformed / "graph"),
        shards.BATCH_ROWS,
    )
    worker.setup()
    worker.process((source, f"{tmp_path}/examples/Split-train/{shards.name(0, 1)}"), None)
    (tmp_path / "graph").symlink_to(transformed / "graph")
    found, once = running.read(tmp_path, "train"), running.read(transformed, "train")
    for name, values in once.items():
        np.testing.assert_array_equal(found[name], np.concatenate([values, values]))


def test_features_of_any_kind_are_transformed(transformed, columns):
    train = running.read(transformed, "train")
    values = [value for row in columns["bag"][:2500] for value in row]
    assert train["bag"].tolist() == [1] * len(values)
    assert train["ragged"].tolist() == [0] * len(values)
    amounts = np.array(columns["amount"][:2500], np.float32)[:, 0].astype(float)
    borders = np.quantile(amounts, [0.25, 0.5, 0.75])
    assert train["bin"].ravel().tolist() == np.searchsorted(borders, amounts).tolist()


@pytest.mark.usefixtures("forked_children")
def test_order_shards_and_processes_change_no_bit(transformed, columns, tmp_path):
    order = np.random.default_rng(1).permutation(2500)
    splits = {"train": [part.tolist() for part in np.array_split(order, 5)], "eval": SPLITS["eval"]}
    raw = running.write_raw(tmp_path / "raw", columns, splits)
    beam = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    shuffled = running.read(
        running.run(raw, tmp_path / "out", f"{__name__}.default_and_more", beam=beam), "train"
    )
    for name, values in running.read(transformed, "train").items():
        if name not in ("bag", "ragged"):
            assert np.array_equal(shuffled[name], values[order])


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("payload_format", "FORMAT_PROTO", "FORMAT_PROTO in tfrecords_gzip"),
        ("file_format", "FILE_FORMAT_PARQUET", "FORMAT_TF_EXAMPLE in FILE_FORMAT_PARQUET"),
    ],
)
def test_what_is_no_example_is_refused(raw, tmp_path, key, value, named):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = raw["examples"][0].uri, raw["examples"][0].split_names
    examples.set_string_custom_property(key, value)
    with pytest.raises(
        UserError, match=f"holds {named}; only FORMAT_TF_EXAMPLE in TFRecords can be transformed"
    ):
        running.run({**raw, "examples": [examples]}, tmp_path)


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ({"shapes": {}}, 4096),
        ({"shapes": {"image": [28, 28, 1]}}, 4096),
        ({"shapes": {"image": [256, 256, 1], "mask": [256, 256, 1]}}, 128),
        ({"shapes": {"image": [9000, 9000, 3]}}, 1),
        ({"shapes": {}, "texts": ["image"]}, 500),
        ({"shapes": {"image": [9000, 9000, 3]}, "texts": ["image"]}, 1),
        ({}, 500),
    ],
)
def test_fewer_rows_are_taken_at_once_the_larger_their_images_and_texts_are(config, rows):
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="image", type=schema_pb2.BYTES)])
    assert batch_rows(schema, config) == rows
    assert batch_rows(schema_pb2.Schema(), {}) == 4096


def test_several_values_in_one_column_of_the_default_are_an_error(columns, tmp_path):
    few = {name: values[:50] for name, values in columns.items()}
    raw = running.write_raw(tmp_path / "raw", few, {"train": [list(range(50))]})
    with pytest.raises(Exception, match="A row has several values in one column"):
        running.run(raw, tmp_path / "out")
