from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.features import RawFeature
from components.formats.cells.reading import Reading
from components.model_store import model_files
from pipeline.prediction.unseen import Unseen

VALUES = {
    "city": ["Berlin", "Paris"],
    "note": [f"note {row}" for row in range(8)],
    "day": ["2024-01-01"],
    "review": ["very good", "not bad"],
    "photo": ["bytes of an image"],
    "tags": ["a|b", "b | c"],
}


@pytest.fixture
def model(tmp_path) -> SimpleNamespace:
    """A model whose ten training rows had these values."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=10)
    for name, values in VALUES.items():
        feature = dataset.features.add(name=name)
        feature.string_stats.unique = len(values)
        feature.string_stats.common_stats.num_non_missing = 10
        for value in values:
            feature.string_stats.rank_histogram.buckets.add(label=value)
    file = Path(tmp_path, model_files.STATISTICS)
    file.parent.mkdir()
    file.write_bytes(statistics.SerializeToString())
    features = {name: RawFeature("string", None, name) for name in VALUES}
    return SimpleNamespace(
        path=tmp_path,
        schema=SimpleNamespace(features=features),
        reading=Reading(dates={"day": "ISO"}, images={"photo": ""}, texts=("review",), lists={"tags": "|"}),
    )


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([{"city": ["Rome", ""]}, {"city": ["Oslo"]}],
         "warning: the model has not seen any value of this column in training: city (such as 'Rome')"),
        ([{"city": ["Rome"]}, {"city": ["Oslo", "Paris"]}], None),
        ([{"city": ["", None]}], None),
        ([{"city": ["Berlin"], "note": ["new"], "day": ["2025-01-01"]}], None),
        ([{"review": ["so so"], "photo": ["cats/1.png"], "tags": ["c|new"]}], None),
        ([{"tags": ["a b|new"]}],
         "warning: the model has not seen any value of this column in training: tags (such as 'a b')"),
        ([{"other": ["x"]}], None),
        ([{"city": [1]}], None),
    ],
)  # fmt: skip
def test_columns_without_a_known_value(model, batches, expected):
    unseen = Unseen(model)
    for batch in batches:
        unseen.add(pa.record_batch(batch))
    assert unseen.warning() == expected


def test_a_model_without_statistics(model):
    (model.path / model_files.STATISTICS).unlink()
    unseen = Unseen(model)
    unseen.add(pa.record_batch({"city": ["Rome"]}))
    assert unseen.warning() is None
