"""A table with untidy columns."""

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
            # Names like those of transformed features, and two that differ only in a slash.
            "a_b": random.choice(list("uvw"), 300),
            "label": random.choice(["früh", "spät"], 300),
            "numeric": random.choice(["i", "ii"], 300),
            "Maß": random.choice(["klein", "groß"], 300),
            "gaps": np.where(random.random(300) < 0.02, np.nan, random.random(300)),
            "the label": np.where(size > 0.5, "ja", "nein, danke"),
        }
    ).to_csv(folder / "untidy.csv", index=False, quoting=csv.QUOTE_NONNUMERIC, encoding="utf-8-sig")
