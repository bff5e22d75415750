"""The result of an ask, a mapping as plain JSON.

It has the fields of the `Ask`, `score` (None if it has none), `error` (a message, or None), `seconds`, `executions` (a
list, with `stopped_by` in each), `threads`, `processor`, and `attempts`, see `Journal.attempts`.
"""

from collections.abc import Mapping
from typing import Any

from reactive_schedules.search.searcher import Answer


def failure(reason: str) -> dict[str, Any]:
    """The outcome of a trial that was not trained to its rung."""
    return {"error": reason, "score": None, "seconds": 0.0, "executions": []}


def ended(outcome: Mapping[str, Any]) -> bool:
    """Whether the trial cannot be continued at a higher rung."""
    return bool(outcome["error"]) or all(each["stopped_by"] != "until" for each in outcome["executions"])


def answer(result: Mapping[str, Any]) -> Answer:
    """What the algorithm is told of a result."""
    return Answer(
        result["trial_id"], result["score"], failed=result["error"] is not None, ended=ended(result)
    )
