"""The training record: what happened, for programs, tables and people."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import schedules
from components import learning


def write_record(directory: Path, card: Mapping[str, Any], result: "schedules.FitResult") -> None:
    """Writes `record.json`, `history.jsonl`, `history.parquet` and `training.png`.

    The history has one row per epoch: `epoch` (from 1) and all its logs. JSON has no NaN, so a metric that was
    not finite is null there. The decisions were written as they were made, to `decisions.jsonl`.

    Args:
        directory: exists.
        card: what was trained, and how.
        result: of the training.
    """
    rows = _rows(result.history)
    lines = "".join(json.dumps(finite(row), allow_nan=False) + "\n" for row in rows)
    (directory / "history.jsonl").write_text(lines)
    pd.DataFrame(rows).to_parquet(directory / "history.parquet", index=False)
    schedules.training_picture(result.history, result.decisions, directory / "training.png")
    whole = finite({**card, **learning.record(result)})
    (directory / "record.json").write_text(json.dumps(whole, indent=2, allow_nan=False))


def finite(value: Any) -> Any:
    """The same plain JSON with null for NaN and infinities, which JSON does not have."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {key: finite(item) for key, item in value.items()}
        case list() | tuple():
            return [finite(item) for item in value]
        case _:
            return value


def _rows(history: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    epochs = zip(*history.values(), strict=True)
    return [{"epoch": number, **dict(zip(history, row, strict=True))} for number, row in enumerate(epochs, 1)]
