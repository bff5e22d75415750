"""Driver and executor of the ExampleGen, as TFX's launcher calls them."""

import json
import os
from pathlib import Path

import pytest

from components.errors import DataError, UserError
from components.example_gen.fingerprint import fingerprint
from components.formats.tfrecord import write_records
from tests.components.example_gen.generate import execute, resolved
from tests.components.formats.examples import examples


@pytest.fixture(params=["csv", "tfrecord"])
def data(request, tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    if request.param == "csv":
        (folder / "rows.csv").write_text("n,label\n" + "".join(f"{n},{n % 2}\n" for n in range(20)))
    else:
        write_records(folder / "rows.tfrecord", examples(*({"n": [n], "label": [n % 2]} for n in range(20))))
    return folder


def properties_of(data: Path) -> dict:
    (file,) = data.iterdir()
    return resolved(data, [f"*{file.suffix}"])


def test_the_driver_goes_by_content(data):
    (file,) = data.iterdir()
    before = properties_of(data)["input_fingerprint"]
    assert before == fingerprint([file])
    os.utime(file, (1, 1))
    assert properties_of(data)["input_fingerprint"] == before


def test_the_output_is_described_as_by_tfx(data, tmp_path):
    written = execute(properties_of(data), tmp_path / "examples")
    assert json.loads(written.split_names) == ["eval", "test", "train"]
    assert written.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert written.get_string_custom_property("file_format") == "tfrecords_gzip"
    files = sorted(str(file.relative_to(written.uri)) for file in Path(written.uri).rglob("*.gz"))
    assert files == [f"Split-{name}/data_tfrecord-00000-of-00001.gz" for name in ("eval", "test", "train")]


def test_data_that_change_while_they_are_read(data, tmp_path):
    properties = properties_of(data)
    (file,) = data.iterdir()
    file.write_bytes(file.read_bytes() + file.read_bytes()[-4:] if file.suffix == ".csv" else b"")
    with pytest.raises(DataError) as error:
        execute(properties, tmp_path / "examples")
    assert str(error.value) == (
        f"data.path: files in {data} changed while they were read; run again when nothing writes to them"
    )


@pytest.mark.parametrize(
    ("files", "patterns", "message"),
    [
        (["a.csv"], ["*.parquet"], r"no file matches \*.parquet"),
        (["a.csv", "b.words"], ["*"], "b.words: must end in .csv, .tfrecord"),
        (["a.csv", "a.parquet"], ["*.csv", "*.parquet"], "the files mix csv and parquet; keep one format"),
    ],
)
def test_files_that_do_not_fit_together(tmp_path, files, patterns, message):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=message):
        execute(resolved(folder, patterns, {}), tmp_path / "examples")
