"""Checks that the metadata store is whole, and that it knows the artifacts."""

import sqlite3
from pathlib import Path

from components.errors import UserError
from pipeline.metadata.binding import Binding
from pipeline.metadata.excerpt import last_execution
from pipeline.metadata.file import connect
from pipeline.metadata.server import Session
from pipeline.upkeep.artifacts import find_folders
from pipeline.workspace import DATABASE, STORE_FILE
from reactive_schedules.printable import one_line


def check(workspace: Path) -> None:
    """Checks the store against the artifacts.

    A store that does not know them would give their numbers to new results.

    Raises:
        UserError: The store is damaged, missing, or older than the artifacts.
    """
    if bound := Binding.of(workspace):
        _check_shared(workspace, bound)
        return
    file = workspace / DATABASE
    last = _last_execution(file) if file.exists() else 0
    if unknown := _newer(workspace, last):
        fault = f"is older than {unknown}" if file.exists() else "is missing, but there are artifacts"
        raise UserError(f"workspace: {file} {fault}; {_remedy(workspace)}")


def _check_shared(workspace: Path, bound: Binding) -> None:
    with Session(bound.address) as session:
        last = last_execution(session)
    if unknown := _newer(workspace, last):
        raise UserError(
            f"workspace: {bound.address} is older than {unknown}; restore the database from a backup, or delete "
            f"{STORE_FILE} and artifacts/ in {workspace} and start over (the models in serving/ are kept)"
        )


def _newer(workspace: Path, last: int) -> Path | None:
    """The first artifact of an execution after that of a number; None if there is none."""
    return next((folder for folder, number in find_folders(workspace).items() if number > last), None)


def _last_execution(file: Path) -> int:
    """The highest number of an execution in the store; 0 if there is none."""
    try:
        with connect(file) as opened:
            ((state,),) = opened.execute("PRAGMA quick_check(1)")
            if state == "ok":
                tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
                # Without the table, a run was killed before its first component.
                query = "SELECT MAX(id) FROM Execution" if "Execution" in tables else "SELECT 0"
                return opened.execute(query).fetchone()[0] or 0
    except sqlite3.DatabaseError as error:
        state = str(error)
        if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise UserError(
                f"workspace: {file} is locked by another program; run again when that has ended"
            ) from None
    raise UserError(f"workspace: {file} is damaged: {one_line(state)}; {_remedy(file.parent)}")


def _remedy(workspace: Path) -> str:
    return (
        f"restore it from a backup, or delete {DATABASE} and artifacts/ in {workspace} and start over (the models in "
        "serving/ are kept)"
    )
