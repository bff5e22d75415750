"""Results, one JSON object a line, appended as they come."""

import json
from pathlib import Path
from typing import Any

Result = dict[str, Any]
"""`table`, `seed` and `model`; scores and CPU seconds, or `failed`; of ours, the `version` of the code."""

Key = tuple[str, int, str]


def append(path: Path, result: Result) -> None:
    """Adds a result; figures get six digits."""
    short = {
        key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in result.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(short) + "\n")


def read(path: Path) -> dict[Key, Result]:
    """By table, seed and model; where there are several of one, the last."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = map(json.loads, lines)
    return {(result["table"], result["seed"], result["model"]): result for result in found}
