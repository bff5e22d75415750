"""Files with predictions."""

import json

import pyarrow as pa
import pytest

from components.errors import UserError
from pipeline.prediction.writers import check_output, open_writer


def test_an_output_appears_whole_or_not_at_all(tmp_path):
    batch = pa.record_batch({"a": ["1"]})

    def write_and_fail(name):
        with open_writer(str(tmp_path / name), batch.schema) as writer:
            writer.write(batch)
            raise RuntimeError

    for name in ("out.csv", "out.csv.gz", "out.parquet"):
        with pytest.raises(RuntimeError):
            write_and_fail(name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("out.xlsx", "must end in .csv, .csv.gz, .tsv, .tsv.gz or .parquet"), ("there.csv", "already exists; pass --overwrite"), ("no/out.csv", "the folder does not exist"), ("a.csv", "is a folder")],
)  # fmt: skip
def test_outputs_that_are_refused(tmp_path, name, message):
    (tmp_path / "there.csv").write_text(json.dumps("kept"))
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UserError, match=message):
        check_output(str(tmp_path / name), overwrite=False)
    check_output(str(tmp_path / "there.csv"), overwrite=True)


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    opened = open_writer(str(tmp_path / "gone" / "out.csv"), pa.schema({"a": pa.string()}))
    with pytest.raises(UserError, match="out.csv: cannot be written: No such file or directory"), opened:
        pass
