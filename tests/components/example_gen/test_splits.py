import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tfx.proto import example_gen_pb2

from components.errors import UserError
from components.example_gen.hashing import hash_rows
from components.example_gen.layout import SHARD_BYTES, Layout, make_layout
from components.example_gen.rules import Hashed
from components.example_gen.splits import Splits
from components.formats.source import Survey

THREE = Splits(("train", "eval", "test"), Hashed(((8, 1, 1),)))


def of(splits: Splits, rows: pa.RecordBatch, origin: int = 0) -> np.ndarray:
    return splits.rule.of(rows, hash_rows(rows), origin, {})


def test_shares_are_those_of_the_buckets():
    counts = np.bincount(of(THREE, pa.record_batch({"n": np.arange(100_000)})))
    for count, share in zip(counts, (0.8, 0.1, 0.1), strict=True):
        assert abs(count - 100_000 * share) < 4 * np.sqrt(100_000 * share * (1 - share))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.text("ab", max_size=2)), min_size=1, max_size=20), st.randoms()
)
def test_a_row_is_in_the_same_split_in_whatever_order_and_company(rows, chance):
    def splits(rows):
        numbers, words = zip(*rows, strict=True)
        return of(THREE, pa.record_batch({"n": pa.array(numbers), "k": pa.array(words)})).tolist()

    together = dict(zip(rows, splits(rows), strict=True))
    chance.shuffle(rows)
    assert [together[row] for row in rows] == splits(rows) == [splits([row])[0] for row in rows]


def test_input_splits_become_output_splits():
    config = example_gen_pb2.Input(
        splits=[example_gen_pb2.Input.Split(name=name, pattern=f"{name}/*") for name in ("train", "eval")]
    )
    splits = Splits.configured(config, example_gen_pb2.Output())
    assert splits.names == ("train", "eval")
    assert of(splits, pa.record_batch({"n": [1, 2]}), origin=1).tolist() == [1, 1]
    assert splits.rule.sizes({0: 70, 1: 30}) == [70, 30]


def test_one_feature_may_decide():
    splits = Splits(THREE.names, Hashed(((8, 1, 1),), "person"))
    people = np.repeat(np.arange(100), 7)
    rows = pa.record_batch({"person": people, "n": np.arange(700)})
    found = of(splits, rows)
    assert len(set(zip(people.tolist(), found.tolist(), strict=True))) == 100
    assert found.tolist() == of(THREE, pa.record_batch({"person": people})).tolist()
    with pytest.raises(UserError, match="'person' must have one value in every row; fill in the empty ones"):
        of(splits, pa.record_batch({"person": [1, None]}))
    with pytest.raises(UserError, match="there is no feature 'person'"):
        of(splits, pa.record_batch({"n": [1]}))


def test_shards_are_as_many_as_the_size_needs():
    layout = make_layout({0: Survey(6 * SHARD_BYTES)}, THREE)
    assert layout.counts == (5, 1, 1)
    assert make_layout({0: Survey(100)}, THREE).counts == (1, 1, 1)
    assert make_layout(
        {0: Survey(3 * SHARD_BYTES), 1: Survey()}, Splits(("a", "b"), Hashed(((1, 0), (0, 1))))
    ).counts == (3, 1)


def test_the_order_of_rows_over_all_shards_is_that_of_their_hashes():
    layout = Layout({}, (3, 1, 2))
    hashes = np.sort(np.random.default_rng(0).integers(0, 2**64, 1000, np.uint64))
    assert [layout.place(shard) for shard in range(6)] == [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (2, 1)]
    for split, expected in ((0, [0, 1, 2]), (1, [3]), (2, [4, 5])):
        found = layout.shard(np.full(1000, split), hashes)
        assert np.all(np.diff(found.astype(int)) >= 0)
        assert np.unique(found).tolist() == expected
