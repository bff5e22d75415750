"""The table of the models of an ensemble."""

from collections.abc import Mapping, Sequence
from typing import Any

from reactive_schedules.pages.content import Table


def members_table(
    ensemble: Mapping[str, Any], members: Sequence[Mapping[str, Any]], plateau: Mapping[str, Any] | None
) -> Table:
    """Returns how each model was trained, and its scores on the validation split above those of the average.

    Args:
        ensemble: `ensemble` of `record.json`.
        members: `members` of `record.json`.
        plateau: The reaction of the spec; None without one.
    """
    scores = ensemble["validation"]
    rows = [
        [*_training(member, plateau), *(each["members"][place] for each in scores.values())]
        for place, member in enumerate(members)
    ]
    headings = [
        "seed",
        "epochs",
        *(["best epoch", f"best {plateau['monitor']}", "reactions"] if plateau else []),
    ]
    gaps = [None] * (len(headings) - 1)
    rows.append(["average", *gaps, *(each["average"] for each in scores.values())])
    columns = (*headings, *(f"validation {name}" for name in scores))
    return Table("Models of the ensemble", columns, rows, strong=frozenset([len(members)]))


def _training(member: Mapping[str, Any], plateau: Mapping[str, Any] | None) -> list[Any]:
    found = [member["seed"], len(member["history"]["loss"])]
    if plateau is None:
        return found
    best = member["best_epoch"]
    reactions = sum(decision["kind"] != "stop" for decision in member["decisions"])
    return [*found, None if best is None else best + 1, member["best_metric"], reactions]
