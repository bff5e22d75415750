"""The tables of a study's page, each narrow enough for a phone, with all there is to know folded below it."""

from collections.abc import Iterator
from typing import Any

from reactive_schedules.pages.content import Block, Folded, Table, text_of
from reactive_schedules.search.page import whereabouts
from reactive_schedules.search.page.curves import StudyRecord, scored, short_name
from reactive_schedules.search.study import varying

MOST_VALUES = 3
"""Number of columns with values in the narrow table of trials."""


def confirmation(study: StudyRecord) -> Iterator[Block]:
    """The finalists of the confirmation, the configuration as written first, and their scores by fold."""
    found, name = study["confirmation"], study["objective"]["name"]
    titles = [
        f"{each['number']}, as written" if each["number"] == found["configured"] else str(each["number"])
        for each in found["finalists"]
    ]
    rows = [
        (title, each["mean"], each["gain"], each["error"])
        for title, each in zip(titles, found["finalists"], strict=True)
    ]
    kind = "division" if found["divides"] else "seed"
    divided = ", each on a fresh division of the rows" if found["divides"] else ""
    if found["undivided"]:
        divided = f", on the rows divided as they are ({found['undivided']})"
    yield Table(
        f"{name} of the finalists with {found['folds']} fresh seeds{divided}; a gain on the configuration as written "
        "counts if it is larger than its error",
        ("trial", "mean", "gain", "error"),
        rows,
        frozenset(place for place, each in enumerate(found["finalists"]) if each["number"] == study["best"]),
    )
    folds = Table(
        f"{name} of the finalists by {kind}",
        (kind, *(f"trial {title}" for title in titles)),
        [
            (str(fold + 1), *(each["scores"][fold] for each in found["finalists"]))
            for fold in range(found["folds"])
        ],
    )
    yield Folded(f"Scores by {kind}", folds)


def trials(study: StudyRecord) -> Iterator[Block]:
    """All trials, best first, with the values in which they differ; and, if that is not all, with everything."""
    whole, names = all_trials(study), varying(study["trials"])[:MOST_VALUES]
    shown = ["trial", study["objective"]["name"], *map(short_name, names)]
    places = [whole.columns.index(name) for name in shown]
    rows = [tuple(row[place] for place in places) for row in whole.rows]
    yield Table(whole.caption, shown, rows, whole.strong)
    yield Folded("All values and costs", whole)


def all_trials(study: StudyRecord) -> Table:
    """All trials, best first; trials without a score come last."""
    ranked = scored(study)
    found = ranked + [trial for trial in study["trials"] if trial["score"] is None]
    names = list(dict.fromkeys(name for trial in found for name in trial["values"]))
    rungs = bool(study["rungs"])
    places = whereabouts.processes(study)
    rows = []
    for trial in found:
        state: list[Any] = [trial["state"], *([trial["rung"]] if rungs else [])]
        cost = [trial["epochs"], trial["updates"], round(trial["seconds"], 1)]
        cost += [places[trial["number"]]] if places else []
        values = [trial["values"].get(name) for name in names]
        rows.append((trial["number"], trial["score"], *values, *state, *cost))
    return Table(
        f"All trials, by {study['objective']['name']}",
        ("trial", study["objective"]["name"], *map(short_name, names), "state", *(["rung"] if rungs else []),
         "epochs", "updates", "seconds", *(["process"] if places else [])),
        rows,
        frozenset(place for place, trial in enumerate(found) if trial["number"] == study["best"]),
    )  # fmt: skip


def failures(study: StudyRecord) -> Table:
    """The failed trials and their reasons."""
    rows = []
    for trial in study["trials"]:
        if trial["state"] == "failed":
            values = ", ".join(
                f"{short_name(name)} {text_of(value)}" for name, value in trial["values"].items()
            )
            rows.append((trial["number"], trial["error"], values, trial["epochs"]))
    return Table("Failed trials", ("trial", "reason", "values", "epochs"), rows)
