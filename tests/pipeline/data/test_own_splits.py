"""Files and folders whose names say train, eval or test are never pooled in silence."""

import json
from pathlib import Path

import pytest

from components.formats.split_names import split_of_file
from pipeline.data.inspection import DataError, inspect
from tests.components.example_gen.generate import resolved
from tests.components.formats.pictures import picture

TABLE = "x,label\n1,a\n2,b\n3,a\n"


def make_any(folder: Path, *names: str) -> None:
    """Files of which the images are images."""
    for seed, name in enumerate(names):
        if name.endswith(".png"):
            picture(folder / name, seed=seed)
        else:
            make(folder, name)


def make(folder: Path, *names: str, text: str = TABLE) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.csv", "train"),
        ("adult_TEST.csv", "test"),
        ("validation-00003-of-00010.parquet", "eval"),
        ("my.train.csv", None),
        ("dev-2024.tfrecord.gz", "eval"),
        ("train_2.csv", "train"),
        ("holdout 1.csv", "test"),
        ("training-set.csv", "train"),
        ("trains.csv", None),
        ("test-train.csv", None),
        ("a-test-b.csv", None),
        ("sales-2024.csv", None),
    ],
)
def test_words_in_names_of_files(name, split):
    assert split_of_file(name) == split


@pytest.mark.parametrize(
    ("names", "inputs"),
    [
        (["a.csv", "b.csv"], {"all": "*.csv"}),
        (["train.csv"], {"all": "*.csv"}),
        (
            ["train.csv", "eval.csv", "test.csv"],
            {"train": "train.csv", "eval": "eval.csv", "test": "test.csv"},
        ),
        (
            ["train-1.csv", "train-2.csv", "x_test.csv", "y_test.csv"],
            {"train": "train-*.csv", "test": "*_test.csv"},
        ),
        (["training/a.csv", "Val/b.csv"], {"train": "training/*.csv", "eval": "Val/*.csv"}),
        (
            ["train/a.csv", "train/b.csv", "test/c.csv", "docs/d.csv"],
            {"train": "train/*.csv", "test": "test/*.csv"},
        ),
    ],
)
def test_splits_are_found_by_names(tmp_path, names, inputs):
    data = inspect(make(tmp_path, *names), "label")
    assert data.inputs == inputs
    if "all" not in inputs:
        assert data.lines[0].startswith("data.split: the splits are those of your files: train train")
        assert "data.split: {hash: true} pools all files" in data.lines[0]
    # The ExampleGen finds the same files in the same order.
    assert resolved(tmp_path, dict(inputs), {})["input_fingerprint"] == data.fingerprint
    assert json.loads(resolved(tmp_path, dict(inputs), {})["input_config"])["splits"]


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["train.csv", "test.csv"], "*.csv"),
        (["train/a.csv", "test/b.csv"], "*/*.csv"),
        (["train/cats/a.png", "train/dogs/b.png", "val/cats/c.png"], "*/*/*"),
    ],
)
def test_files_are_pooled_when_asked_for(tmp_path, names, pattern):
    make_any(tmp_path, *names)
    data = inspect(tmp_path, "label", split={"hash": True})
    assert (data.inputs, data.lines) == ({"all": pattern}, ())
    assert resolved(tmp_path, dict(data.inputs), None)["input_fingerprint"] == data.fingerprint


def test_images_have_splits_above_their_classes(tmp_path):
    make_any(tmp_path, "training/cats/1.png", "training/dogs/2.png", "Val/cats/3.png", "test/dogs/4.png")
    data = inspect(tmp_path, "kind")
    assert data.inputs == {"train": "training/*/*", "eval": "Val/*/*", "test": "test/*/*"}
    assert data.label.classes == ("cats", "dogs")
    assert data.lines == (
        "data.split: the splits are those of your files: train training/cats/1.png and 1 more, eval Val/cats/3.png, "
        "test test/dogs/4.png; data.split: {hash: true} pools all files and splits their rows anew",
    )
    assert resolved(tmp_path, dict(data.inputs), {})["input_fingerprint"] == data.fingerprint
    configured = inspect(tmp_path, "kind", split={"files": {"train": "training/*/*", "test": "[V]*/*/*"}})
    assert configured.inputs == {"train": "training/*/*", "test": "[V]*/*/*"}


def test_patterns_may_be_configured(tmp_path):
    make(tmp_path, "2023.csv", "2024.csv", "new/2025.csv")
    patterns = {"test": "new/*.csv", "train": "202*.csv"}
    data = inspect(tmp_path, "label", split={"files": patterns})
    assert list(data.inputs.items()) == [("train", "202*.csv"), ("test", "new/*.csv")]


@pytest.mark.parametrize("layout", ["{}.csv", "{}/rows.csv"])
def test_tests_without_a_label_are_left_out_and_named(tmp_path, layout):
    make(tmp_path, layout.format("train"))
    make(tmp_path, layout.format("test"), text="x\n1\n")
    data = inspect(tmp_path, "label")
    name = layout.format("train")
    assert data.inputs == {"all": "train/*.csv" if "/" in name else name}
    assert data.lines == (
        f"data.path: {layout.format('test')} has no column 'label' and is left out; the rows of {name} are split by "
        "a hash",
    )


@pytest.mark.parametrize(
    ("names", "split", "message"),
    [
        (["train.csv", "test.csv", "sample.csv"], {}, r"has files for train and test, but sample.csv is for none; move it away, or name the files: data.split: \{files: \{train: train.csv, test: test.csv\}\}; data.split: \{hash: true\} pools"),
        (["eval.csv", "test.csv"], {}, "has files for eval and test, but none for train"),
        (["a.csv", "train/a.csv", "test/a.csv"], {}, "has files and the folders train and test; move either away"),
        (["val/a.csv", "dev/a.csv", "train/a.csv"], {}, "has dev and val for eval; keep one"),
        (["train/a.csv"], {}, r"contains no .* files; give data.path: .*/train$"),
        (["train.csv", "test.parquet"], {}, "mixes csv and parquet"),
        (["a.csv"], {"files": {"train": "a.csv", "test": "b.csv"}}, "data.split.files.test: no file in .* matches 'b.csv'"),
        (["a.csv"], {"files": {"train": "a.csv", "test": "*.csv"}}, "a.csv is in train and test; keep it in one"),
        (["a_train.csv", "train_b.csv", "train.csv", "a_trains.csv", "test.csv"], {}, "for none"),
        (["train/a.csv", "test/b.csv", "old/c.csv"], {"hash": True}, "old/c.csv is beside the folders of the splits; move it"),
        (["train/a.png", "test/b.png"], {}, "folders test and train have images, but no folder for each class; move"),
        (["train/a/a.png", "test/b.png"], {}, "has folders of images inside train; give data.path: .*/train"),
        (["train/a/a.png", "test/b/b.csv"], {}, "has folders of images inside train; give data.path: .*/train"),
        (["train/x/a.png", "train/b.png", "test/x/c.png"], {}, "train/b.png is beside the folders of the classes; move"),
        (["cats/a.png", "dogs/b.png", "c.png"], {}, "c.png is beside the folders of the classes; move it into that"),
        (["x/cats/a.png", "x/dogs/b.png"], {}, "has folders of images inside x; give data.path: .*/x$"),
        (["x/a/a.png", "y/a/a.png"], {}, "inside x, y; give one of these folders, or, if they are splits, name them train, eval and test"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_apart_is_refused(tmp_path, names, split, message):
    make_any(tmp_path, *names)
    with pytest.raises(DataError, match=message):
        inspect(tmp_path, "label", split=split)


def test_files_of_a_split_need_a_common_pattern(tmp_path):
    with pytest.raises(
        DataError, match="the files of train in .* have no pattern in common; rename them, such as"
    ):
        inspect(make(tmp_path, "a_train.csv", "train_b.csv", "test.csv"), "label")
