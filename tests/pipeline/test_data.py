from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data import DataError, inspect


def write_csv(folder: Path, label: list, name: str = "rows.csv") -> Path:
    folder.mkdir(exist_ok=True)
    lines = [f"{index},{value}" for index, value in enumerate(label)]
    (folder / name).write_text("\n".join(["feature,label", *lines]) + "\n")
    return folder


def write_records(path: Path, labels: list, compression: str = "") -> Path:
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for value in labels:
            features = {"feature": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5]))}
            if isinstance(value, bytes):
                features["label"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
            elif value is not None:
                features["label"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return path


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["yes", "no", "yes"], "classification", ("no", "yes")),
        (["True", "False"], "classification", ("False", "True")),
        ([2, 0, 1, 1], "classification", (0, 1, 2)),
        (["1.0", "0.0"], "classification", (0, 1)),
        (list(range(20)), "classification", tuple(range(20))),
        (list(range(21)), "regression", ()),
        ([0.5, 1.0], "regression", ()),
        (["NA", "None", "x"], "classification", ("NA", "None", "x")),
    ],
)
def test_task_and_classes_follow_from_the_values(tmp_path, values, task, classes):
    label = inspect(write_csv(tmp_path / "data", values), "label").label
    assert (label.task, label.classes) == (task, classes)


def test_task_can_be_given(tmp_path):
    assert inspect(write_csv(tmp_path / "data", [1, 2, 3]), "label", "regression").label.task == "regression"
    many = write_csv(tmp_path / "many", list(range(30)))
    assert len(inspect(many, "label", "classification").label.classes) == 30


def test_constant_answer_of_classes(tmp_path):
    answer = inspect(write_csv(tmp_path / "data", ["a", "a", "a", "b"]), "label").label.constant_answer
    assert answer["accuracy"] == 0.75
    assert answer["cross_entropy"] == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50).filter(lambda values: len(set(values)) > 1))
def test_no_constant_beats_the_constant_answer(tmp_path_factory, values):
    folder = write_csv(tmp_path_factory.mktemp("values") / "data", [repr(value) for value in values])
    answer = inspect(folder, "label", "regression").label.constant_answer
    for constant in np.linspace(min(values), max(values), 7):
        errors = np.array(values) - constant
        assert answer["rmse"] <= np.sqrt(np.mean(errors**2)) * (1 + 1e-9)
        assert answer["mae"] <= np.mean(np.abs(errors)) * (1 + 1e-9)


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_tfrecords_are_read_like_csv(tmp_path, compression):
    suffix = ".tfrecord.gz" if compression else ".tfrecord"
    write_records(tmp_path / f"a{suffix}", [3, 5, 3], compression)
    write_records(tmp_path / f"b{suffix}", [4], compression)
    data = inspect(tmp_path, "label")
    assert (data.format, data.pattern, data.columns) == ("tfrecord", f"*{suffix}", ("feature", "label"))
    assert data.label.classes == (3, 4, 5)


def test_text_labels_in_tfrecords(tmp_path):
    write_records(tmp_path / "a.tfrecord", [b"cat", b"dog", "käse".encode()])
    assert inspect(tmp_path, "label").label.classes == ("cat", "dog", "käse")


def test_one_file_instead_of_a_folder(tmp_path):
    folder = write_csv(tmp_path / "data", ["a", "b"], "first.csv")
    write_csv(folder, ["c", "d"], "second.csv")
    data = inspect(folder / "first.csv", "label")
    assert (data.directory, data.pattern, data.label.classes) == (folder, "first.csv", ("a", "b"))


def test_fingerprint_follows_names_and_contents(tmp_path):
    folder = write_csv(tmp_path / "data", ["a", "b"])
    first = inspect(folder, "label").fingerprint
    assert inspect(folder, "label").fingerprint == first
    (folder / "rows.csv").rename(folder / "other.csv")
    assert inspect(folder, "label").fingerprint != first


def make_mixed(folder: Path) -> None:
    write_csv(folder, ["a", "b"])
    write_records(folder / "a.tfrecord", [1, 2])


def make_cut(folder: Path) -> None:
    path = write_records(folder / "a.tfrecord", [1, 2, 3])
    path.write_bytes(path.read_bytes()[:-7])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, r"holds no \*.csv, \*.tfrecord or \*.tfrecord.gz file"),
        (make_mixed, r"mixes \*.csv and \*.tfrecord"),
        (make_cut, "is not a TFRecord file of tf.Example: the file is cut off"),
        (
            lambda folder: (folder / "a.tfrecord").write_bytes(b"hello world, no record"),
            "is not a TFRecord file",
        ),
        (lambda folder: (folder / "a.csv").write_text(""), "is not a readable CSV file"),
        (
            lambda folder: (folder / "a.csv").write_text("feature,label\n"),
            "no examples with the label 'label'",
        ),
        (lambda folder: write_csv(folder, ["a", "a"]), "label is a in every example"),
        (lambda folder: write_csv(folder, ["a", "", "b", ""]), "label is empty in 2 of 4 rows"),
        (
            lambda folder: write_csv(folder, [f"v{n}" for n in range(1001)]),
            "1,001 distinct values; at most 1,000",
        ),
        (lambda folder: write_records(folder / "a.tfrecord", [1, None, 2]), "2 values in 3 examples"),
        (
            lambda folder: (write_csv(folder, ["a"]), (folder / "z.csv").write_text("x,label\n1,b\n")),
            "z.csv has other columns than .*rows.csv",
        ),
    ],
)
def test_unusable_data(tmp_path, make, message):
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    with pytest.raises(DataError, match=message):
        inspect(folder, "label")


def test_fractions_are_no_classes(tmp_path):
    with pytest.raises(DataError, match="holds fractions, such as 0.5; use regression"):
        inspect(write_csv(tmp_path / "data", [0.5, 1.0]), "label", "classification")
