"""A table with columns as people have them."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd


def write(folder: Path) -> None:
    """300 rows whose label depends on one number."""
    random = np.random.default_rng(0)
    size = random.random(300)
    pd.DataFrame(
        {
            "Payment Type": random.choice(["cash", "card, debit", ""], 300),
            "a/b": random.choice(list("xyz"), 300),
            "Größe, cm": (100 * size).round(2),
            "nothing": "",
            "always seven": 7,
            "flag": random.choice([True, False], 300),
            "id": [f"id{number}" for number in range(300)],
            "the label": np.where(size > 0.5, "ja", "nein, danke"),
        }
    ).to_csv(folder / "untidy.csv", index=False, quoting=csv.QUOTE_NONNUMERIC, encoding="utf-8-sig")
