"""The column of weights against the data."""

import pytest

from pipeline.config.errors import ConfigError
from pipeline.config.prepare import prepare
from tests.pipeline.config.tabular import load_tabular


def fitted(folder, cells, **data):
    rows = [f"{row},{cells[row % len(cells)]},{'yes' if row % 3 else 'no'}" for row in range(40)]
    (folder / "rows.csv").write_text("\n".join(["age,w,bought", *rows]))
    section = {"path": folder / "rows.csv", "source": None, "label": "bought", "weight": "w", **data}
    return prepare(load_tabular({"data": section}), folder / "workspace")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([1, 2, 3, ""], "data.weight: w is empty in 10 of 40 rows; fill it in"),
        ([1, -2], "data.weight: w is negative in some rows, such as -2; weights are numbers, 0 or larger"),
        ([0], "data.weight: w is 0 in every row; some rows must count"),
        ([1, "NA"], "data.weight: w is text, such as 'NA'; weights are numbers, 0 or larger"),
        (["1 kg", "2 kg"], "data.weight: w is text, such as '1 kg'"),
    ],
)
def test_weights_are_numbers_in_every_row(tmp_path, cells, message):
    with pytest.raises(ConfigError) as raised:
        fitted(tmp_path, cells)
    assert message in str(raised.value)


def test_weights_may_be_written_in_a_style_that_is_configured(tmp_path):
    fitted(tmp_path, ["1 kg", "2 kg"], numbers={"w": "1.5 kg"})
