"""The record of a study."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reactive_schedules.errors import SpecError
from reactive_schedules.search import space
from reactive_schedules.search.noise import judged

COST = ("epochs", "updates", "seconds")
_GOT = re.compile(r"; got .*")
REASON = 300  # characters by which reasons for failure are distinguished


def study_record(
    search: Mapping[str, Any],
    training: Mapping[str, Any],
    objective: tuple[str, str],
    results: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The record of a search, as plain JSON.

    Args:
        search: Section `search` of the configuration.
        training: Training spec from which the trials vary.
        objective: Metric and direction, `min` or `max`.
        results: One result for each `Ask`, in order: the fields of the `Ask`, `score`, `error` (None for a success),
            `seconds` and `executions`, a list of `history`, `updates`, `stopped_by` and more.

    Returns:
        `objective`, `second_objective`, `search`, `training`, `best` (number of a trial; None if all failed), `cost`,
        `rungs`, `asks` and `trials`. A rung has `rung`, `epochs`, and the numbers of its `trials` and of the trials
        `promoted` from it. An ask has the `number` of the trial, `rung`, `epochs` trained for this ask alone, and the
        `score` after it. A trial has `trial_id`, `number`, `values`, `training` (None if the values are not a valid
        spec), `state` (`completed`, `stopped` at a rung below the last, or `failed`), `rung`, `score`, `error`,
        `threads`, `processor`, `attempts` (where it ran and how each attempt ended, see `Journal.attempts`), `epochs`,
        `updates`, `seconds` (each epoch counts once), `validation` (None if it was not trained) and `executions`. The
        validation has its number of `rows`, the `limit` beyond which scores do not rank (see `noise.judged`; None
        without one), and whether training and validation rows are `divisible` anew.
    """
    results = [result for result in results if result.get("fold") is None]
    costs = _costs(results)
    last = {result["trial_id"]: result for result in results}
    curves = {result["trial_id"]: result["executions"] for result in results if result["executions"]}
    ends = {result["until"] for result in results}
    end = None if None in ends else max(ends, default=None)
    trials = []
    for trial_id, result in last.items():
        trials.append(
            {
                **{key: result[key] for key in ("trial_id", "number", "values")},
                "training": _concrete(training, result["values"]),
                "state": _state(result, end),
                **{key: result[key] for key in ("rung", "score", "error")},
                **{key: result.get(key) for key in ("threads", "processor")},
                "attempts": result.get("attempts", []),
                **costs[trial_id],
                "validation": result.get("validation"),
                # A trial that failed at a higher rung keeps the curves of the previous rung.
                "executions": curves.get(trial_id, []),
            }
        )
    trials.sort(key=lambda trial: trial["number"])
    best = ranked(trials, objective[1])
    return {
        "objective": dict(zip(("name", "direction"), objective, strict=True)),
        "second_objective": search.get("second_objective"),
        "search": dict(search),
        "training": dict(training),
        "best": best[0]["number"] if best else None,
        "cost": {name: sum(trial[name] for trial in trials) for name in COST},
        "rungs": _rungs(results, training["epochs"]),
        "asks": _asks(results),
        "trials": trials,
    }


def ranked(trials: Sequence[Mapping[str, Any]], direction: str) -> list[Mapping[str, Any]]:
    """The trials with a score, best first; stopped trials come last, because they had fewer epochs.

    Scores beyond what the validation rows can tell, see `noise.judged`, are equal; the earlier trial then comes first.
    """
    sign = 1 if direction == "min" else -1
    scored = [trial for trial in trials if trial["score"] is not None]

    def place(trial: Mapping[str, Any]) -> tuple[bool, float]:
        limit = (trial.get("validation") or {}).get("limit")
        return trial["state"] == "stopped", sign * judged(trial["score"], limit, direction)

    return sorted(scored, key=place)


def failures(trials: Sequence[Mapping[str, Any]], most: int = 3) -> str:
    """The most common reasons for failure, with their counts, in one line."""
    reasons = [(trial["error"] or "").partition("\n")[0] for trial in trials if trial["error"]]
    return "; ".join(f"{count} x {reason[:REASON]}" for reason, count in Counter(reasons).most_common(most))


def varying(trials: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the values in which trials differ, those of most trials first."""
    names = dict.fromkeys(name for trial in trials for name in trial["values"])
    found = {name: [str(trial["values"].get(name)) for trial in trials] for name in names}
    having = {name: sum(name in trial["values"] for trial in trials) for name in names}
    return sorted((name for name in names if len({*found[name]}) > 1), key=lambda name: -having[name])


def common_reason(results: Iterable[Mapping[str, Any]]) -> str | None:
    """What several trials failed for, with their number: `2 trials failed: learning_rate.warmup: must be …`.

    Args:
        results: Results or trials; those with an `error` have failed.

    Returns:
        The most common reason, without the value that it names; None if none is common.
    """
    errors = {each["number"]: each["error"].partition("\n")[0] for each in results if each["error"]}
    reasons = Counter(_GOT.sub("", error)[:REASON].removeprefix("SpecError: ") for error in errors.values())
    reason, count = reasons.most_common(1)[0] if reasons else ("", 0)
    of = "" if count == len(errors) else f" of {len(errors)}"
    return f"{count}{of} trials failed: {reason}" if count > 1 else None


def _concrete(training: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return space.from_hyperparameters(training, {}, values)[0].model_dump(mode="json")
    except SpecError:
        return None  # the trial has failed for this reason


def _costs(results: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Epochs and updates by trial, from its last result, which includes earlier ones, and the sum of its seconds."""
    costs: dict[str, dict[str, float]] = {}
    for result in results:
        executions = result["executions"]
        cost = costs.setdefault(result["trial_id"], dict.fromkeys(COST, 0))
        # The result of a trial that failed at a higher rung may lack its earlier epochs.
        cost["epochs"] = max(cost["epochs"], _epochs(result))
        cost["updates"] = max(cost["updates"], sum(execution["updates"] for execution in executions))
        cost["seconds"] += result["seconds"]
    return costs


def _asks(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    asks, done = [], Counter()
    for result in results:
        number, epochs = result["number"], _epochs(result)
        new = max(0, epochs - done[number])
        done[number] += new
        asks.append({"number": number, "rung": result["rung"], "epochs": new, "score": result["score"]})
    return asks


def _epochs(result: Mapping[str, Any]) -> int:
    return sum(len(execution["history"]["learning_rate"]) for execution in result["executions"])


def _state(result: Mapping[str, Any], end: int | None) -> str:
    if result["error"]:
        return "failed"
    continues = any(execution["stopped_by"] == "until" for execution in result["executions"])
    return "stopped" if continues and result["until"] != end else "completed"


def _rungs(results: Sequence[Mapping[str, Any]], epochs: int) -> list[dict[str, Any]]:
    rungs: dict[int, dict[str, Any]] = {}
    for result in results:
        if result["rung"] is None:
            continue
        rung = rungs.setdefault(
            result["rung"],
            {"rung": result["rung"], "epochs": result["until"] or epochs, "trials": [], "promoted": []},
        )
        rung["trials"].append(result["number"])
        if result["parent"] is not None and result["rung"] - 1 in rungs:
            rungs[result["rung"] - 1]["promoted"].append(result["number"])
    return [rungs[number] for number in sorted(rungs)]
