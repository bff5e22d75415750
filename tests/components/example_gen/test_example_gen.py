"""Driver and executor of the ExampleGen, as TFX's launcher calls them."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.errors import DataError, UserError
from components.example_gen.fingerprint import fingerprint
from components.formats.csv.source import CsvSource
from components.formats.source import Block, Survey
from components.formats.tfrecord.records import write_records
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
    "later", ["text\n" * 20, "1\n", '"', None], ids=["text", "shorter", "damaged", "gone"]
)
def test_data_that_change_between_the_passes(tmp_path, monkeypatch, later):
    """Whatever error that leads to."""
    file = tmp_path / "data" / "rows.csv"
    file.parent.mkdir()
    file.write_text("n\n" + "".join(f"{n}\n" for n in range(20)))
    survey = CsvSource.survey

    def survey_and_change(source: CsvSource, block: Block) -> Survey:
        found = survey(source, block)
        file.unlink() if later is None else file.write_text(f"n\n{later}")
        return found

    monkeypatch.setattr(CsvSource, "survey", survey_and_change)
    with pytest.raises(
        DataError, match="changed while they were read; run again when nothing writes to them$"
    ):
        execute(properties_of(file.parent), tmp_path / "examples")


@pytest.mark.parametrize(
    ("module", "name"),
    [("example_gen.pieces", "part"), ("shards", "part-data_tfrecord-00000-of-00001.gz")],
)
def test_a_full_disk_is_named_with_the_space_needed(tmp_path, monkeypatch, module, name):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(200)))
    parts = tmp_path / "examples" / ".parts"
    parts.mkdir(parents=True)
    (parts / name).symlink_to("/dev/full")
    monkeypatch.setattr(
        f"components.{module}.uuid", SimpleNamespace(uuid4=lambda: SimpleNamespace(hex="part"))
    )
    with pytest.raises(
        UserError,
        match="examples.*: cannot be written: .*No space left on device; the ExampleGen needs about 0.1 GiB there",
    ):
        execute(properties_of(tmp_path / "data"), tmp_path / "examples")
    assert not parts.exists()


@pytest.mark.parametrize(
    ("files", "patterns", "message"),
    [
        (["a.csv"], ["*.parquet"], r"no file matches \*.parquet"),
        (["a.csv", "b.words"], ["*"], "b.words: must end in .csv, .*.tfrecord"),
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
