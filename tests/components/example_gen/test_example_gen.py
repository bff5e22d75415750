"""Driver and executor of an ExampleGen, as TFX's launcher calls them."""

import json
import os
from pathlib import Path

import pytest
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types.standard_artifacts import Examples

from components.errors import DataError
from components.example_gen import csv_executor, import_executor
from components.example_gen.driver import Driver
from components.example_gen.fingerprint import fingerprint
from components.formats.tfrecord import write_records

FORMATS = {"csv": csv_executor.Executor, "tfrecord": import_executor.Executor}


@pytest.fixture(params=FORMATS)
def data(request, tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    if request.param == "csv":
        (folder / "rows.csv").write_text("n,label\n" + "".join(f"{n},{n % 2}\n" for n in range(20)))
    else:
        write_records(folder / "rows.tfrecord", [b"\n\x00" for _ in range(20)])
    return folder


def resolved(data: Path) -> dict:
    (file,) = data.iterdir()
    splits = {"splits": [{"name": "all", "pattern": f"*{file.suffix}"}]}
    names = [{"name": name, "hash_buckets": 1} for name in ("train", "eval")]
    properties = {
        "input_base": str(data),
        "input_config": json.dumps(splits),
        "output_config": json.dumps({"split_config": {"splits": names}}),
        "output_data_format": 6,
        "output_file_format": 5,
    }
    return Driver(None).resolve_exec_properties(properties, None, None)


def execute(data: Path, properties: dict, tmp_path: Path) -> None:
    (file,) = data.iterdir()
    examples = Examples()
    examples.uri = str(tmp_path / "examples")
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=["--runner=FnApiRunner"], tmp_dir=str(tmp_path / "tmp")
    )
    FORMATS[file.suffix[1:]](context).Do({}, {"examples": [examples]}, properties)


def test_the_driver_goes_by_content(data):
    (file,) = data.iterdir()
    before = resolved(data)["input_fingerprint"]
    assert before == fingerprint([file])
    os.utime(file, (1, 1))
    assert resolved(data)["input_fingerprint"] == before


def test_data_that_stay_are_read(data, tmp_path):
    execute(data, resolved(data), tmp_path)
    assert len(list((tmp_path / "examples").rglob("*.gz"))) == 2


def test_data_that_change_while_they_are_read(data, tmp_path):
    properties = resolved(data)
    (file,) = data.iterdir()
    file.write_bytes(file.read_bytes() + file.read_bytes()[-4:] if file.suffix == ".csv" else b"")
    with pytest.raises(DataError) as error:
        execute(data, properties, tmp_path)
    assert str(error.value) == (
        f"data.path: files in {data} changed while they were read; run again when nothing writes to them"
    )
