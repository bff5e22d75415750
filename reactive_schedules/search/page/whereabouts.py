"""Where the trials of a study ran, and where those of a running search are."""

from collections.abc import Iterator

from reactive_schedules.pages.content import Block, Table, Text
from reactive_schedules.search.executor.journal import FINISHED, INTERRUPTED
from reactive_schedules.search.page.curves import StudyRecord
from reactive_schedules.search.progress import Progress, Trial

_ENDS = {None: "the search ended before it", INTERRUPTED: "interrupted with the search"}


def running(progress: Progress) -> Iterator[Block]:
    """What is running."""
    trials, name = progress["running"], progress["objective"]
    if not trials:
        yield Text("No trial is running at the moment.")
        return
    rungs = any(trial["rung"] is not None for trial in trials)
    rows = [
        (_name(trial), trial["worker"], _epoch(trial["epoch"], trial["epochs"]), trial["score"],
         *([trial["rung"]] if rungs else []), trial["attempt"])
        for trial in trials
    ]  # fmt: skip
    columns = ("trial", "process", "epoch", name, *(["rung"] if rungs else []), "attempt")
    yield Table("Trials that are running", columns, rows)


def _name(trial: Trial) -> str:
    confirmation = "" if trial["fold"] is None else f", confirmation {trial['fold'] + 1}"
    return f"{trial['number']}{confirmation}"


def _epoch(done: int | None, at_most: int) -> str:
    return "starting" if done is None else f"{done} of at most {at_most}"


def processes(study: StudyRecord) -> dict[int, str]:
    """The processes that each trial ran in, by its number; empty if there was only one."""
    found = {
        trial["number"]: list(
            dict.fromkeys(str(each["worker"]) for each in trial.get("attempts", ()) if each["worker"])
        )
        for trial in study["trials"]
    }
    several = len({worker for workers in found.values() for worker in workers}) > 1
    return {number: ", ".join(workers) for number, workers in found.items()} if several else {}


def lost_attempts(study: StudyRecord) -> Iterator[Block]:
    """The attempts that did not finish, and how they ended; nothing if all did."""
    rows = [
        (trial["number"], number, each["worker"], each["epochs"], _ENDS.get(each["end"], each["end"]))
        for trial in study["trials"]
        for number, each in enumerate(trial.get("attempts", ()), 1)
        if each["end"] != FINISHED
    ]
    if rows:
        yield Table(
            "Attempts that did not finish",
            ("trial", "attempt", "process", "began after epoch", "ended"),
            rows,
        )
