import time

import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.formats.tfrecord.records import read_records, write_records

COMPRESSION = {"a.tfrecord": "", "a.tfrecord.gz": "GZIP"}


@pytest.mark.parametrize("name", COMPRESSION)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payloads=st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_tensorflow_reads_what_we_write_and_we_read_what_it_writes(tmp_path, name, payloads):
    path = tmp_path / name
    write_records(path, payloads)
    assert [record.numpy() for record in tf.data.TFRecordDataset(str(path), COMPRESSION[name])] == payloads
    with tf.io.TFRecordWriter(str(path), COMPRESSION[name]) as writer:
        for payload in payloads:
            writer.write(payload)
    assert list(read_records(path)) == payloads


def test_same_payloads_make_the_same_file(tmp_path):
    path = tmp_path / "a.tfrecord.gz"
    write_records(path, [b"one", b"two"])
    first = path.read_bytes()
    time.sleep(1.1)  # gzip's own header has the time in seconds
    write_records(path, [b"one", b"two"])
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-3], "truncated"),
        (lambda content: content[:20] + b"x" + content[21:], "record 1: the record is damaged"),
        (lambda content: b"hello world, this is text", "does not begin with a record"),
    ],
)
def test_damage_is_found(tmp_path, damage, message):
    path = tmp_path / "a.tfrecord"
    write_records(path, [b"a payload of some bytes", b"and another one"])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        list(read_records(path))
