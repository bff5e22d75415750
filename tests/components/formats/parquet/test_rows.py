import pandas as pd
from pyarrow import parquet

from components.formats.registry import open_rows
from tests.components.formats.files import NOTHING_NEEDED, write


def test_parquet_keeps_types(tmp_path):
    frame = pd.DataFrame({"n": [1, 2], "x": [0.5, None], "t": ["a", None], "image": [[1.0, 2.0], [3.0, 4.0]]})
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    frame.to_parquet(source)
    write(target, *open_rows(str(source), NOTHING_NEEDED).batches())
    assert parquet.read_table(target).equals(parquet.read_table(source))
