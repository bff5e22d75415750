"""Writes the training record as JSON, as a table and as a picture."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import reactive_schedules as rs
from components.learning.ensemble import Member
from reactive_schedules import plain_json

log = logging.getLogger(__name__)


def write_history(directory: Path, result: "rs.FitResult") -> None:
    """Writes `history.jsonl`, `history.parquet` and `training.png` of one model.

    The history has one row per epoch: `epoch` (from 1) and all its logs. Metrics that are not finite are null in
    JSON, which has no NaN. The decisions are written to `decisions.jsonl` during the training.

    Args:
        directory: Existing folder.
        result: Result of the training.
    """
    rows = _rows(result.history)
    lines = "".join(plain_json.dumps(row) + "\n" for row in rows)
    (directory / "history.jsonl").write_text(lines, encoding="utf-8")
    pd.DataFrame(rows).to_parquet(directory / "history.parquet", index=False)
    try:
        rs.training_picture(result.history, result.decisions, directory / "training.png")
    except Exception:  # a picture is not worth a training
        log.exception("The picture of the training could not be drawn.")


def write_record(
    directory: Path, card: Mapping[str, Any], result: "rs.FitResult", members: Sequence[Member] = ()
) -> None:
    """Writes `record.json`.

    Args:
        directory: Existing folder.
        card: Description of the model and the training.
        result: Result of the training, of the first one for an ensemble.
        members: Models of an ensemble; each is recorded in `members`, with seed, scores on the validation split and
            the result of its training.
    """
    several = [
        {"seed": member.seed, "scores": dict(member.scores), **member.result.record()} for member in members
    ]
    content = {**card, **result.record(), **({"members": several} if several else {})}
    (directory / "record.json").write_text(plain_json.dumps(content, indent=2), encoding="utf-8")


def _rows(history: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    epochs = zip(*history.values(), strict=True)
    return [{"epoch": number, **dict(zip(history, row, strict=True))} for number, row in enumerate(epochs, 1)]
