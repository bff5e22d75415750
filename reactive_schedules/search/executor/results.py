"""The result of an ask, a mapping as plain JSON.

It has the fields of the `Ask`, `score` (None if it has none), `error` (a message, or None), `seconds`, `executions` (a
list, with `stopped_by` in each), `threads`, `processor`, `attempts`, see `Journal.attempts`, and `validation` of a
trial that was trained, see `study_record`.
"""

from collections.abc import Mapping
from typing import Any

from reactive_schedules.search.noise import judged
from reactive_schedules.search.searcher import Answer


def failure(reason: str) -> dict[str, Any]:
    """The outcome of a trial that was not trained to its rung."""
    return {"error": reason, "score": None, "seconds": 0.0, "executions": []}


def ended(outcome: Mapping[str, Any]) -> bool:
    """Whether the trial cannot be continued at a higher rung."""
    return bool(outcome["error"]) or all(each["stopped_by"] != "until" for each in outcome["executions"])


def answer(result: Mapping[str, Any], direction: str) -> Answer:
    """What the algorithm is told of a result."""
    score, validation = result["score"], result.get("validation")
    if score is not None and validation:
        score = judged(score, validation["limit"], direction)
    return Answer(result["trial_id"], score, failed=result["error"] is not None, ended=ended(result))
