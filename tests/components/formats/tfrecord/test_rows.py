import pyarrow as pa

from components.features import RawFeature
from components.formats.registry import open_rows
from components.formats.tfrecord import rows as tf_example
from tests.components.formats.examples import write_examples


def test_examples_become_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(tf_example, "RECORDS", 2)
    features = {"size": RawFeature("float32", None, "size"), "image": RawFeature("float32", (2,), "image")}
    rows = [
        {"size": [1.5], "image": [1.0, 2.0], "id": [b"a"], "raw": [b"\xff"]},
        {"image": [3.0, 4.0], "id": [b"b"]},
        {"size": [2.5], "image": [5.0, 6.0]},
    ]
    write_examples(tmp_path / "rows.tfrecord", rows)
    opened = open_rows(str(tmp_path / "rows.tfrecord"), features)
    read = pa.Table.from_batches(opened.batches()).to_pylist()
    assert [row["size"] for row in read] == [1.5, None, 2.5]
    assert [row["image"] for row in read] == [[1, 2], [3, 4], [5, 6]]
    assert [row["id"] for row in read] == ["a", "b", None]
    assert [row["raw"] for row in read] == [b"\xff", None, None]
