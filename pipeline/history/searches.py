"""Searches in progress, from the file that the Tuner writes beside the results of its trials."""

from pathlib import Path

from pipeline import result_files
from pipeline.history.records import Run
from pipeline.result_files import SearchProgress
from reactive_schedules.search.progress import FILE


def in_progress(workspace: Path, run: Run) -> SearchProgress | None:
    """The progress of a run's search, as of a moment ago; None if it has none, or has finished it.

    A search that was interrupted keeps what it was doing then, until another run continues it.
    """
    tuner = run.step("Tuner")
    if tuner is None or tuner.state in ("done", "cached"):
        return None
    for file in workspace.glob(f"artifacts/{run.pipeline}/Tuner/checkpoints/*/{FILE}"):
        try:
            found = result_files.read(file, SearchProgress)
        except (OSError, result_files.DamagedFile):  # it has just ended
            continue
        page = Path(found["page"])  # in the folder of an execution
        if page.parent.name == str(tuner.id):
            state = {"running": found["running"] if run.state == "running" else []}
            return SearchProgress(**{**found, **state, "page": str(page) if page.exists() else ""})
    return None
