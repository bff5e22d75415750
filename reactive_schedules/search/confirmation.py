"""Confirms the best trials of a search against the configuration as written, with fresh trainings.

A search tries many values on the same validation rows, so that the best score is partly luck. Its best trials and the
configuration as written are trained again, each with the same fresh seeds on the same fresh divisions of the rows. A
trial is chosen only if it is better by more than a standard error; otherwise, the configuration stays as it is.
"""

import dataclasses
import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reactive_schedules.search.noise import clear_gain, judged, noise
from reactive_schedules.search.searcher import Ask
from reactive_schedules.search.study import ranked

FOLDS = 5
"""Number of trainings of each finalist."""

MOST_ROWS = 2000
"""Number of validation rows up to which a search is confirmed, unless the configuration says so."""

MOST_CHALLENGERS = 3
"""Number of trials that are confirmed, at most."""

LEAST_FOLDS = 2
"""Number of trainings of each finalist whose differences tell how far to trust them."""

LEAST_TRAININGS = 10
"""Number of trainings that a confirmation may cost even if the whole search cost less."""

AS_WRITTEN = "the search won nothing; the configuration as written is used"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to confirm.

    Attributes:
        finalists: Numbers of the trials, the configuration as written first; empty to confirm nothing.
        folds: Number of trainings of each.
        divides: Whether each of them divides the rows anew.
        reason: Why nothing is confirmed; empty otherwise.
        undivided: Why the rows stay divided as they are; empty if nobody asked.
    """

    finalists: tuple[int, ...] = ()
    folds: int = 0
    divides: bool = False
    reason: str = ""
    undivided: str = ""


def plan(
    study: Mapping[str, Any],
    configured: int | None,
    folds: int | None,
    divides: bool,
    most: int = MOST_CHALLENGERS,
) -> Plan:
    """Decides what to confirm, from the results of the search.

    Args:
        study: Record of the search, see `study_record`.
        configured: Number of the trial with the configuration as written; None if it is outside the space.
        folds: Number of trainings of each finalist; 0 for no confirmation; None decides by the results.
        divides: Whether rows may be divided anew.
        most: Number of trials to confirm, at most.
    """
    direction = study["objective"]["direction"]
    order = ranked(study["trials"], direction)
    if folds == 0 or not order:
        return Plan()
    if configured is None:
        return Plan(reason="the configuration as written is outside the space and was not compared")
    best, validation = order[0], order[0]["validation"]
    if best["number"] == configured:
        return Plan(reason=f"{AS_WRITTEN}: no trial is better")
    if folds is None:
        rows = validation["rows"]
        if rows > MOST_ROWS:
            return Plan(reason=f"not confirmed: {rows:,} validation rows are enough to choose by")
        if _is_clear(best, study["trials"], configured, direction):
            return Plan(reason=f"not confirmed: better than noise on {rows:,} validation rows explains")
    repeats = folds or FOLDS
    others = [trial["number"] for trial in order if trial["number"] != configured]
    challengers = others[: min(most, _challengers(study, repeats))]
    finalists = (configured, *challengers)
    if divides and not validation["divisible"]:
        return Plan(finalists, repeats, undivided="they do not fit in memory")
    return Plan(finalists, repeats, divides)


def _is_clear(
    best: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], configured: int, direction: str
) -> bool:
    """Whether the best trial is better than the configuration as written by more than noise explains."""
    written = next(trial for trial in trials if trial["number"] == configured)
    if written["score"] is None:
        return True
    if {written["state"], best["state"]} != {"completed"}:  # scores after different numbers of epochs
        return False
    limit, rows = best["validation"]["limit"], best["validation"]["rows"]
    ours, theirs = (judged(trial["score"], limit, direction) for trial in (written, best))
    return abs(ours - theirs) > clear_gain(ours, rows, direction, len(trials))


def _challengers(study: Mapping[str, Any], folds: int) -> int:
    """How many trials to confirm, so that it costs no more than the search itself, or a few trainings."""
    longest = max(trial["epochs"] / max(1, len(trial["executions"])) for trial in study["trials"])
    trainings = max(LEAST_TRAININGS, study["cost"]["epochs"] / longest)
    return min(MOST_CHALLENGERS, max(1, int(trainings // folds) - 1))


def asks(planned: Plan, study: Mapping[str, Any], until: int | None) -> list[Ask]:
    """The trainings of a confirmation, those of the same division one after another.

    Args:
        planned: What to confirm.
        study: Record of the search.
        until: `Ask.until` of a trial that is not stopped early.
    """
    trials = {trial["number"]: trial for trial in study["trials"]}
    return [
        Ask(
            f"{trials[number]['trial_id']}-fold-{fold}",
            number,
            trials[number]["values"],
            until,
            None,
            None,
            fold,
        )
        for fold in range(planned.folds)
        for number in planned.finalists
    ]


def confirmed(
    study: Mapping[str, Any], planned: Plan, results: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The record of a search with the outcome of its confirmation.

    Args:
        study: Record of the search.
        planned: What was confirmed.
        results: Results of `asks`; if time has run out, of the first of them.

    Returns:
        The record, in which `best` is the chosen trial, `choice` says why in one line, and `confirmation` (None if
        nothing was confirmed) has `folds`, `divides` (whether rows were divided anew), `undivided` (why not; None if
        nobody asked for it), `configured` (number of the configuration as written) and `finalists`: `number`, `scores`
        (by fold; None for a failure), `mean`, and, if it is not the configuration, `gain` (mean improvement on it;
        positive is better) and `error` (its standard error).
    """
    if not planned.finalists:
        return {**study, "choice": planned.reason, "confirmation": None}
    results, (configured, *challengers) = list(results), planned.finalists
    if len(results) < planned.folds * len(planned.finalists):
        planned = _in_time(planned, results)
        if planned.folds < LEAST_FOLDS:
            return {**study, **_unconfirmed(study, configured, challengers[0]), "confirmation": None}
    direction = study["objective"]["direction"]
    scores = {number: _scores(number, planned, results, direction) for number in planned.finalists}
    rows = min((each["validation"]["rows"] for each in results if each.get("validation")), default=1)
    finalists = [_finalist(configured, scores[configured])]
    for number in challengers:
        found = _finalist(number, scores[number])
        if found["mean"] is not None and finalists[0]["mean"] is not None:
            found |= _gain(scores[number], scores[configured], direction, planned.divides, rows)
        finalists.append(found)
    winner = _winner(finalists, direction)
    return {
        **study,
        "best": winner["number"] if winner else study["best"],
        "choice": _reason(study["objective"]["name"], finalists, winner, planned),
        "confirmation": {
            "folds": planned.folds,
            "divides": planned.divides,
            "undivided": planned.undivided or None,
            "configured": configured,
            "finalists": finalists,
        },
    }


def _in_time(planned: Plan, results: Iterable[Mapping[str, Any]]) -> Plan:
    """The part of a confirmation that was finished: the folds with a result of each finalist."""
    done = {(result["fold"], result["number"]) for result in results}
    whole = itertools.takewhile(
        lambda fold: all((fold, number) in done for number in planned.finalists), range(planned.folds)
    )
    return dataclasses.replace(planned, folds=sum(1 for _ in whole))


def _unconfirmed(study: Mapping[str, Any], configured: int, challenger: int) -> dict[str, Any]:
    """What is chosen if there was no time to confirm it: the configuration as written, unless it has failed."""
    if any(trial["number"] == configured and trial["score"] is not None for trial in study["trials"]):
        reason = f"{AS_WRITTEN}: there was no time to confirm trial {challenger}"
        return {"best": configured, "choice": reason}
    return {"choice": "not confirmed: there was no time, and the configuration as written has failed"}


def _scores(
    number: int, planned: Plan, results: list[Mapping[str, Any]], direction: str
) -> list[float | None]:
    found = {
        result["fold"]: judged(result["score"], result["validation"]["limit"], direction)
        for result in results
        if result["number"] == number and result["score"] is not None
    }
    return [found.get(fold) for fold in range(planned.folds)]


def _finalist(number: int, scores: list[float | None]) -> dict[str, Any]:
    known = [score for score in scores if score is not None]
    mean = statistics.fmean(known) if len(known) == len(scores) else None
    return {"number": number, "scores": scores, "mean": mean, "gain": None, "error": None}


def _gain(
    scores: Sequence[float | None], written: Sequence[float | None], direction: str, divides: bool, rows: int
) -> dict[str, float]:
    """Mean improvement on the configuration as written, over the folds, and its standard error.

    Folds share most of their training rows, so that their scores vary less than those of fresh data: with k of them,
    the variance is multiplied by 1/k + 1/(k - 1) instead of 1/k (Nadeau & Bengio 2003). With a single division, which
    all folds share, the noise of its few rows is added.
    """
    sign, folds = (1 if direction == "min" else -1), len(scores)
    gains = [
        sign * (own - other)
        for own, other in zip(written, scores, strict=True)
        if own is not None and other is not None
    ]
    variance = statistics.variance(gains)
    if divides:
        error = math.sqrt(variance * (1 / folds + 1 / (folds - 1)))
    else:
        own = statistics.fmean(score for score in written if score is not None)
        error = math.hypot(math.sqrt(variance / folds), noise(own, rows, direction))
    return {"gain": statistics.fmean(gains), "error": error}


def _winner(finalists: list[dict[str, Any]], direction: str) -> dict[str, Any] | None:
    """The finalist to use; None if none of them could be trained in every fold."""
    written, *challengers = finalists
    if written["mean"] is None:
        sign = 1 if direction == "min" else -1
        trained = [each for each in challengers if each["mean"] is not None]
        return min(trained, key=lambda each: sign * each["mean"], default=None)
    better = [each for each in challengers if each["gain"] is not None and each["gain"] > each["error"]]
    return max(better, key=lambda each: each["gain"], default=written)


def _reason(name: str, finalists: list[dict[str, Any]], winner: dict[str, Any] | None, planned: Plan) -> str:
    written, *challengers = finalists
    trainings = f"{planned.folds} {'divisions of the rows' if planned.divides else 'seeds'}"
    if planned.undivided:
        trainings += f" (the rows stay divided as they are: {planned.undivided})"
    if winner is None:
        return f"not confirmed: no finalist could be trained with each of {trainings}"
    if written["mean"] is None:
        failed = f"the configuration as written could not be trained with each of {trainings}"
        return f"trial {winner['number']} is used: {failed}"
    compared = [each for each in challengers if each["gain"] is not None]
    shown = winner if winner is not written else max(compared, key=lambda each: each["gain"], default=None)
    if shown is None:
        return f"{AS_WRITTEN}: no other finalist could be trained with each of {trainings}"
    figures = (
        f"{name} {shown['mean']:.4g} against {written['mean']:.4g} as written, a gain of {shown['gain']:.2g} ± "
        f"{shown['error']:.2g} over {trainings}"
    )
    if winner is written:
        return f"{AS_WRITTEN}: of the finalists, trial {shown['number']} came closest, with {figures}"
    return f"trial {winner['number']} is confirmed: {figures}"
