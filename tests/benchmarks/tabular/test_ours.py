"""See `check_quick.py` for a run that ends with a model."""

import pandas as pd
import yaml

from benchmarks.measuring.processes import ROOT
from benchmarks.tabular.ours import answer, seeded
from benchmarks.tabular.split import Split, Table


def test_what_the_pipeline_refuses_is_a_result_with_its_reason(tmp_path):
    rows = pd.DataFrame({"x": list("0123456789"), "y": ["always"] * 10})
    table = Table("t", "y", "classification", "rows.csv")
    prediction, result = answer("ours", table, Split(rows, rows), 0, tmp_path)
    assert prediction is None
    assert result.keys() == {"failed", "version"}
    assert "always" in result["failed"]


def test_another_seed_is_all_that_a_seeded_configuration_changes(tmp_path):
    default = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text(encoding="utf-8"))
    found = yaml.safe_load(seeded(3, tmp_path / "seeded.yaml").read_text(encoding="utf-8"))
    assert found["training"].pop("seed") == 3
    default["training"].pop("seed")
    assert found == default
