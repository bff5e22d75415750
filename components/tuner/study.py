"""The record of a search."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from schedules import SpecError, space

COST = ("epochs", "updates", "seconds")
REASON = 200  # characters of a failure's reason that tell it from others


def study(
    search: Mapping[str, Any],
    training: Mapping[str, Any],
    objective: tuple[str, str],
    results: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What happened in a search, as plain JSON.

    Args:
        search: the configuration's section.
        training: the spec that was varied.
        objective: metric and direction, `min` or `max`.
        results: of the journal, in the order in which they were asked for: one for each trial and rung.

    Returns:
        `objective`, `second_objective`, `search`, `training`; `best` (number of a trial; None without a
        success); `cost`; `rungs` (`rung`, `epochs`, and the numbers of its `trials` and of those `promoted`);
        and `trials`. A trial has `trial_id`, `number`, `values`, `training` (None if they make no spec),
        `state` (`completed`, `stopped` at a rung below the last, or `failed`), `rung`, `score`, `error`,
        `epochs`, `updates`, `seconds` (its own: no epoch counts twice) and `executions`.
    """
    own = _own_costs(results)
    last = {result["trial_id"]: result for result in results}
    asked = [result["until"] for result in results if result["until"]]
    trials = []
    for trial_id, result in last.items():
        cost = {name: sum(part[name] for key, part in own if key == trial_id) for name in COST}
        trials.append(
            {
                **{key: result[key] for key in ("trial_id", "number", "values")},
                "training": _concrete(training, result["values"]),
                "state": _state(result, max(asked, default=None)),
                **{key: result[key] for key in ("rung", "score", "error")},
                **cost,
                "executions": result["executions"],
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
        "trials": trials,
    }


def ranked(trials: Sequence[Mapping[str, Any]], direction: str) -> list[Mapping[str, Any]]:
    """Those with a score, the best first."""
    scored = [trial for trial in trials if trial["score"] is not None]
    return sorted(scored, key=lambda trial: trial["score"], reverse=direction == "max")


def failures(trials: Sequence[Mapping[str, Any]], most: int = 3) -> str:
    """The most common reasons of failure, in one line, with how often each came."""
    reasons = [(trial["error"] or "").partition("\n")[0] for trial in trials if trial["error"]]
    return "; ".join(f"{count} x {reason[:REASON]}" for reason, count in Counter(reasons).most_common(most))


def _concrete(training: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return space.from_hyperparameters(training, {}, values)[0].model_dump(mode="json")
    except SpecError:
        return None  # the trial failed of it


def _own_costs(results: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, float]]]:
    """Trial and cost of each result, without what had been trained before it."""
    reached: dict[str | None, dict[str, int]] = {}
    costs = []
    for result in results:
        executions = result["executions"]
        now = {
            "epochs": sum(len(execution["history"]["learning_rate"]) for execution in executions),
            "updates": sum(execution["updates"] for execution in executions),
        }
        before = reached.get(result["parent"], {})
        own = {name: max(0, count - before.get(name, 0)) for name, count in now.items()}
        costs.append((result["trial_id"], {**own, "seconds": result["seconds"]}))
        reached[result["trial_id"]] = now
    return costs


def _state(result: Mapping[str, Any], furthest: int | None) -> str:
    if result["error"]:
        return "failed"
    went_on = any(execution["stopped_by"] == "until" for execution in result["executions"])
    return (
        "stopped" if result["rung"] is not None and went_on and result["until"] != furthest else "completed"
    )


def _rungs(results: Sequence[Mapping[str, Any]], epochs: int) -> list[dict[str, Any]]:
    rungs: dict[int, dict[str, Any]] = {}
    numbers = {result["trial_id"]: result["number"] for result in results}
    for result in results:
        if result["rung"] is None:
            continue
        rung = rungs.setdefault(
            result["rung"],
            {"rung": result["rung"], "epochs": result["until"] or epochs, "trials": [], "promoted": []},
        )
        rung["trials"].append(result["number"])
        if result["parent"] is not None and result["rung"] - 1 in rungs:
            rungs[result["rung"] - 1]["promoted"].append(numbers[result["parent"]])
    return [rungs[number] for number in sorted(rungs)]
