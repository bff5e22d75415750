"""Rows of files, with the predictions beside them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.features import LabelFeature, RawFeature
from components.formats.cells.reading import PLAIN
from pipeline.prediction.model import Predictions, Schema
from pipeline.prediction.readers import open_rows
from pipeline.prediction.stream import PredictedRows, numbered
from pipeline.prediction.writers import open_writer

SCHEMA = Schema({"x": RawFeature("float32", None, "x")}, LabelFeature("y", "regression"))


class Double:
    """Answers twice the only feature."""

    reading = PLAIN

    def answer(self, columns: Mapping[str, Any], first_row: int) -> Predictions:
        return Predictions(2 * columns["x"].scalars().to_numpy().astype(np.float32), None, ())


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    ("names", "columns"),
    [(["", "", "x"], [["0", "1"], ["0", "1"], ["3", "4"]]), (["a", "x", "a"], [["0", "1"], [3, 4], [5, 6]])],
)
def test_columns_that_the_model_does_not_use_may_share_a_name(tmp_path, names, columns, suffix):
    if "" in names:  # a table that pandas wrote with its index, twice
        rows = tmp_path / "rows.csv"
        rows.write_text("\n".join(map(",".join, [names, *zip(*columns, strict=True)])), encoding="utf-8")
    else:
        rows = tmp_path / "rows.parquet"
        parquet.write_table(pa.Table.from_arrays(list(map(pa.array, columns)), names), rows)
    target, opened = tmp_path / f"out{suffix}", open_rows(str(rows), SCHEMA.features)
    predicted = PredictedRows(str(rows), opened.schema, SCHEMA, "", suffix == ".parquet")
    with open_writer(str(target), predicted.schema) as writer:
        for batch, first_row in numbered(opened, 10):
            writer.write(predicted.answer(Double(), batch, first_row))  # pyright: ignore[reportArgumentType]
    if suffix == ".csv":
        lines = target.read_text(encoding="utf-8").splitlines()
        assert lines[0].split(",") == [*names, "prediction"]
        assert [line.rpartition(",")[2] for line in lines[1:]] == ["6", "8"]
    else:
        written = parquet.ParquetFile(target).read()
        assert written.column_names == [*names, "prediction"]
        assert written.column(len(names)).to_pylist() == [6, 8]
