import pyarrow as pa

from components.features import RawFeature
from components.formats import tf_example
from components.formats.registry import open_rows


def test_examples_become_columns(tmp_path, monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf_example, "RECORDS", 2)
    features = {"size": RawFeature("float32", None, "size"), "image": RawFeature("float32", (2,), "image")}
    rows = [{"size": [1.5], "image": [1, 2], "id": [b"a"], "raw": [b"\xff"]}, {"image": [3, 4], "id": [b"b"]}, {"size": [2.5], "image": [5, 6]}]  # fmt: skip
    with tf.io.TFRecordWriter(str(tmp_path / "rows.tfrecord")) as writer:
        for row in rows:
            example = tf.train.Example()
            for name, values in row.items():
                kind = "bytes_list" if isinstance(values[0], bytes) else "float_list"
                getattr(example.features.feature[name], kind).value.extend(values)
            writer.write(example.SerializeToString())
    opened = open_rows(str(tmp_path / "rows.tfrecord"), features)
    read = pa.Table.from_batches(opened.batches()).to_pylist()
    assert [row["size"] for row in read] == [1.5, None, 2.5]
    assert [row["image"] for row in read] == [[1, 2], [3, 4], [5, 6]]
    assert [row["id"] for row in read] == ["a", "b", None]
    assert [row["raw"] for row in read] == [b"\xff", None, None]
