from pathlib import Path

import pytest

from components.formats.cells.reading import Reading
from pipeline.data.inspection import DataError, inspect
from tests.components.example_gen.generate import generate
from tests.components.formats.examples import write_examples


def write_csv(folder: Path, label: list, name: str = "rows.csv") -> Path:
    folder.mkdir(exist_ok=True)
    lines = [f"{index},{value}" for index, value in enumerate(label)]
    (folder / name).write_text("\n".join(["feature,label", *lines]) + "\n")
    return folder


def write_records(path: Path, labels: list, compression: str = "") -> Path:
    rows = [{"feature": [0.5]} | ({} if value is None else {"label": [value]}) for value in labels]
    write_examples(path, rows, compression)
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
        (["true", "false", "true"], "classification", ("false", "true")),
        (["007", "8"], "classification", (7, 8)),
        (["01", "02", "2A"], "classification", ("01", "02", "2A")),
        (["1e0", "2", "2"], "classification", (1, 2)),
        (["1_1", "1_2", "2_1"], "classification", ("1_1", "1_2", "2_1")),
        (["nan", "inf"], "classification", ("inf", "nan")),
    ],
)
def test_task_and_classes_follow_from_the_values(tmp_path, values, task, classes):
    label = inspect(write_csv(tmp_path / "data", values), "label").label
    assert (label.task, label.classes) == (task, classes)


def test_codes_keep_their_zeros_in_files_of_any_length(tmp_path):
    """If only the last rows show that a label is text, all of it is."""
    values = ["01", "02"] * 300_000 + ["2A"]
    assert inspect(write_csv(tmp_path / "data", values), "label").label.classes == ("01", "02", "2A")


def test_task_can_be_given(tmp_path):
    assert inspect(write_csv(tmp_path / "data", [1, 2, 3]), "label", "regression").label.task == "regression"
    many = write_csv(tmp_path / "many", list(range(30)))
    assert len(inspect(many, "label", "classification").label.classes) == 30


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_tfrecords_are_read_like_csv(tmp_path, compression):
    suffix = ".tfrecord.gz" if compression else ".tfrecord"
    write_records(tmp_path / f"a{suffix}", [3, 5, 3], compression)
    write_records(tmp_path / f"b{suffix}", [4], compression)
    data = inspect(tmp_path, "label")
    assert (data.format.name, data.pattern, data.columns) == ("tfrecord", f"*{suffix}", ("feature", "label"))
    assert data.label.classes == (3, 4, 5)


def test_tfrecords_are_read_some_at_a_time(tmp_path, monkeypatch):
    rows = [{"label": [row % 2], "pair": [0.5, row], "late": [1.0, 2.0] * (row == 4)} for row in range(5)]
    write_examples(tmp_path / "a.tfrecord", rows)
    whole = inspect(tmp_path, "label")
    monkeypatch.setattr("components.formats.tfrecord.rows.RECORDS", 2)
    assert inspect(tmp_path, "label") == whole
    assert (whole.label.classes, whole.sizes["pair"], whole.sizes["late"]) == ((0, 1), 2, None)


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


def make_linked(folder: Path) -> None:
    write_csv(folder, ["a", "b"])
    (folder / "z.csv").symlink_to("/nowhere.csv")


def make_nested(folder: Path) -> None:
    write_csv(folder, ["a", "b"])
    (folder / "z.csv").mkdir()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,x,label\n1,2,a\n", r"a.csv: duplicate column 'x'; rename one"),
        ("x,,label\n1,2,a\n", r"a.csv: column 2 has no name; name it"),
        ('"x\ny",label\n1,a\n', r"a.csv: the column name 'x\\ny' contains a line break"),
        ("x,label\n1,a\n2,b,c\n", r"a.csv: row 2: 3 cells, but the header has 2"),
        ('x,label\n1,a\n"2,b\n', r"a.csv: a quoted cell is never closed"),
        (b"gr\x81,label\n1,a\n", r"the header is not UTF-8 text; save the file as UTF-8"),
        ("x,label\nä,a\nö,".encode() + b"\xff\n", r"row 2: the text is not UTF-8; save the file as UTF-8"),
        ("5.1,0.2,setosa\n4.9,0.2,setosa\n", r"a.csv: the first line seems to be data; add a header"),
        (
            "Flowers of 2024\nx,y,label\n1,2,a\n2,3,b\n",
            r"has 1 cell, but all after it have 3; delete what stands",
        ),
        ("x,label\n1,0.5\n2,-inf\n3,1\n", r"label has numbers, but '-inf' is not finite as float32"),
        ("x,label\n1,1e300\n2,2e300\n", r"label has numbers, but '1e300' is not finite as float32"),
        (
            "x,label\n" + "".join(f'{row},"{row},000"\n' for row in range(1, 30)),
            r"label has numbers such as '1,000', whose separator may be that of thousands or of decimals; add "
            r'data.numbers: \{label: "1,234.5"\} or, for a decimal comma, "1.234,5"',
        ),
        ("x,label\n1,0\n2,16777217.0\n", r"classes that float32 rounds, such as 16777217 with a point"),
        ("x,label\n1,1\n2,9223372036854775808\n", r"more than 64 bits, such as 9223372036854775808; scale"),
    ],
)
def test_unusable_csv(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message):
        inspect(tmp_path, "label")


@pytest.mark.parametrize(
    ("values", "numbers", "task", "classes"),
    [
        ([" 1", "2 "], {}, "classification", (1, 2)),
        (["5 stars", "4 stars"], {}, "classification", ("4 stars", "5 stars")),
        (["true", "false"], {}, "classification", ("false", "true")),
        ([f'"{row},5 %"' for row in range(30)], {}, "regression", ()),
        ([f'"{row},000"' for row in range(1, 30)], {"label": "1,234.5"}, "regression", ()),
        (['"1,5"', '"2,5"'], {"label": "1,5"}, "regression", ()),
        (['"1,5"', '"2,5"'], {}, "classification", ("1,5", "2,5")),
    ],
)
def test_a_label_is_read_as_numbers_if_it_is_a_quantity(tmp_path, values, numbers, task, classes):
    data = inspect(write_csv(tmp_path / "data", values), "label", reading=Reading(numbers=numbers))
    assert (data.label.task, data.label.classes) == (task, classes)


def test_a_file_with_a_header_only_does_no_harm(tmp_path):
    (write_csv(tmp_path, ["a", "b"]) / "z.csv").write_text("feature,label\n")
    assert inspect(tmp_path, "label").label.classes == ("a", "b")


def test_different_rows_are_counted_across_files(tmp_path):
    (write_csv(tmp_path, ["a", "b"] * 1500, "a.csv") / "b.csv").write_text("feature,label\n7,c\n")
    assert inspect(tmp_path, "label").different_rows == 3
    write_records(tmp_path / "a.tfrecord", [1, 2, 2, 1])
    assert inspect(tmp_path / "a.tfrecord", "label").different_rows == 2


@pytest.mark.parametrize("name", ["da[ta]", "data*", "wh?t"])
def test_names_that_are_patterns(tmp_path, name):
    with pytest.raises(DataError, match=r"which TFX treats as a pattern; rename it"):
        inspect(write_csv(tmp_path / name, ["a", "b"]), "label")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("a.csv.zip", "unpack a.csv.zip"),
        ("a.xlsx", "export as CSV the sheet in a.xlsx"),
        ("a.JSON", "convert to Parquet or CSV a.JSON"),
        ("a.txt", "rename to .csv, if it is a table with a header, a.txt"),
        ("a.tar.gz", "unpack a.tar.gz"),
    ],
)
def test_files_by_another_name(tmp_path, name, remedy):
    (tmp_path / name).touch()
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(DataError, match=remedy):
            inspect(path, "label")


def test_sizes(tmp_path):
    (tmp_path / "a.csv").write_text("x,gaps,nothing,label\n1,,,a\n2,3,,b\n")
    assert inspect(tmp_path, "label").sizes == {"x": 1, "gaps": 1, "nothing": 0, "label": 1}


def test_sizes_of_features(tmp_path):
    counts = {"pixels": (4, 4), "ragged": (4, 3), "gaps": (1, 0), "nothing": (0, 0), "label": (1, 1)}
    rows = [
        {
            "file": [b"x"],
            "files": [b"x"] * (row + 1),
            **{name: [float(row)] * count[row] for name, count in counts.items()},
        }
        for row in range(2)
    ]
    write_examples(tmp_path / "a.tfrecord", rows)
    sizes = inspect(tmp_path, "label").sizes
    assert sizes == {"pixels": 4, "ragged": None, "files": None, "gaps": 1, "nothing": 0, "label": 1}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: (folder / "a.tfrecord").touch(), "has no rows to learn from"),
        (make_linked, r"z.csv is a link to a file that does not exist"),
        (make_nested, r"z.csv is a folder instead of a file"),
        (lambda folder: None, r"contains no \*.csv, .* or \*.parquet files"),
        (make_mixed, r"mixes \*.csv and \*.tfrecord"),
        (make_cut, "a.tfrecord: record 3: the file is truncated"),
        (
            lambda folder: (folder / "a.tfrecord").write_bytes(b"hello world, no record"),
            "is not a TFRecord file",
        ),
        (lambda folder: (folder / "a.csv").write_text(""), "a.csv: the file is empty; add a header"),
        (
            lambda folder: (folder / "a.csv").write_text("feature,label\n"),
            "has no rows to learn from",
        ),
        (lambda folder: write_csv(folder, ["a", "a"]), "label is a in every example"),
        (lambda folder: write_csv(folder, ['"a\tb\nc"'] * 2), r"label is 'a\\tb\\nc' in every example"),
        (
            lambda folder: write_csv(folder, ["a", "", "b", "", ""]),
            "label is empty in 3 of 5 rows; is it the right",
        ),
        (
            lambda folder: write_csv(folder, [f"v{n}" for n in range(1001)]),
            "1,001 distinct values; at most 1,000",
        ),
        (
            lambda folder: write_records(folder / "a.tfrecord", [1, None, None]),
            "label is empty in 2 of 3 rows",
        ),
        (
            lambda folder: write_examples(folder / "a.tfrecord", [{"label": []}]),
            "label is empty in 1 of 1 rows",
        ),
        (
            lambda folder: (write_csv(folder, ["a"]), (folder / "z.csv").write_text("x,label\n1,b\n")),
            "the columns of .*z.csv differ from .*rows.csv",
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
    with pytest.raises(DataError, match="contains fractions, such as 0.5; use regression"):
        inspect(write_csv(tmp_path / "data", [0.5, 1.0]), "label", "classification")


LITTER = [
    "._a.csv",
    ".hidden.csv",
    "~$a.csv",
    "a.csv.crc",
    "_SUCCESS",
    ".DS_Store",
    "Thumbs.db",
    "b.csv.part",
    "a.csv~",
]


def test_litter_is_no_data(tmp_path):
    """Nor is it part of the fingerprint, or of what the ExampleGen reads."""
    data, clean = write_csv(tmp_path / "a", ["a", "b"]), write_csv(tmp_path / "b", ["a", "b"])
    for name in LITTER:
        (data / name).write_bytes(b"\x00\x05\x16\x07\x00litter")
    (data / ".ipynb_checkpoints").mkdir()
    write_csv(data / "__MACOSX", ["c"])
    found = inspect(data, "label")
    assert found.label.classes == ("a", "b")
    assert found.fingerprint == inspect(clean, "label").fingerprint
    assert generate(data, [found.pattern], tmp_path / "x", {}) == generate(
        clean, ["*.csv"], tmp_path / "y", {}
    )
    with pytest.raises(DataError, match="._a.csv: files of this name are ignored.*; rename it"):
        inspect(data / "._a.csv", "label")


def test_suffixes_in_capitals(tmp_path):
    data, lower = (
        write_csv(tmp_path / "a", ["a", "b"], "A.CSV"),
        write_csv(tmp_path / "b", ["a", "b"], "a.csv"),
    )
    write_csv(data, ["c", "a"], "b.csv")
    write_csv(lower, ["c", "a"], "b.csv")
    found = inspect(data, "label")
    assert found.label.classes == ("a", "b", "c")
    assert generate(data, [found.pattern], tmp_path / "x", {}) == generate(
        lower, ["*.csv"], tmp_path / "y", {}
    )


def test_how_files_are_read_is_said_once(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.csv").write_bytes("x;label\n1;ä\n2;ö\n".encode("cp1252"))
    (tmp_path / "d.csv").write_text("Unnamed: 0,x,label\n0,1,ü\n", encoding="utf-8")
    data = inspect(tmp_path, "label")
    assert (data.columns, data.label.classes) == (("x", "label"), ("ä", "ö", "ü"))
    assert [line.partition("a.csv ")[2] or line.partition("d.csv")[2] for line in data.lines] == [
        "and 2 more: cells are separated by semicolons, read as Windows-1252",
        ": the first column has no name and is left out as an index; name it to train on it",
    ]


def test_features_of_examples_are_recognised(tmp_path):
    rows = [
        {"id": [row], "day": [b"31.01.2024"], "tags": [b"a|b", b"c"][: row % 2 + 1], "gap": [0.5] * (row % 2)}
        | {"image": [b"\xff\x00"], "label": [row % 3]}
        for row in range(30)
    ]
    write_examples(tmp_path / "a.tfrecord", rows)
    profiles = inspect(tmp_path, "label").profiles
    assert {"tags", "image"}.isdisjoint(profiles)
    assert (profiles["id"].is_unique, profiles["day"].dates) == (True, ("%d.%m.%Y",))
    assert (profiles["gap"].rows, profiles["gap"].filled, profiles["gap"].gaps) == (30, 15, 0.5)
