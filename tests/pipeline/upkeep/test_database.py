import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from components.errors import UserError
from pipeline.metadata import file as file_store
from pipeline.upkeep.database import check
from pipeline.workspace import DATABASE


@pytest.fixture
def workspace(tmp_path) -> Path:
    with sqlite3.connect(tmp_path / DATABASE) as opened:
        opened.execute("CREATE TABLE Execution (id INTEGER PRIMARY KEY, text TEXT)")
        opened.executemany("INSERT INTO Execution (text) VALUES (?)", [("x" * 3000,)] * 50)
    return tmp_path


def _die_in_a_transaction(file: Path) -> None:
    opened = sqlite3.connect(file, isolation_level=None)
    opened.execute("PRAGMA cache_size = 2")  # so that pages are written before the end of the transaction
    opened.execute("BEGIN")
    opened.execute("UPDATE Execution SET text = 'y'")
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_run_left_half_written_is_undone(workspace):
    process = multiprocessing.get_context("spawn").Process(
        target=_die_in_a_transaction, args=(workspace / DATABASE,)
    )
    process.start()
    process.join(60)
    assert (workspace / f"{DATABASE}-journal").stat().st_size > 0
    check(workspace)
    with file_store.connect(workspace / DATABASE) as opened:
        assert opened.execute("SELECT DISTINCT text FROM Execution").fetchall() == [("x" * 3000,)]


def test_a_locked_store_is_not_called_damaged(workspace, monkeypatch):
    monkeypatch.setattr(file_store, "_LOCKED_SECONDS", 0.1)
    with sqlite3.connect(workspace / DATABASE, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError) as error:
            check(workspace)
    assert str(error.value) == (
        f"workspace: {workspace / DATABASE} is locked by another program; run again when that has ended"
    )


def test_artifacts_that_the_store_knows(workspace):
    (workspace / "artifacts/people/Trainer/model/50").mkdir(parents=True)
    (workspace / "artifacts/people/Trainer/checkpoints/1234567890123456").mkdir(parents=True)
    (workspace / "artifacts/people/Trainer/.system/executor_execution/51").mkdir(parents=True)
    check(workspace)


@pytest.mark.parametrize("is_lost", [True, False])
def test_artifacts_that_the_store_does_not_know(workspace, is_lost):
    newest = workspace / "artifacts/people/Trainer/model/51"
    newest.mkdir(parents=True)
    if is_lost:
        (workspace / DATABASE).unlink()
    with pytest.raises(UserError) as error:
        check(workspace)
    fault = "is missing, but there are artifacts" if is_lost else f"is older than {newest}"
    assert str(error.value) == (
        f"workspace: {workspace / DATABASE} {fault}; restore it from a backup, or delete metadata.db and artifacts/ in "
        f"{workspace} and start over (the models in serving/ are kept)"
    )


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" + bytes(1000), None])
def test_a_damaged_store(workspace, content):
    file = workspace / DATABASE
    file.write_bytes(content or file.read_bytes()[:-5000])
    with pytest.raises(
        UserError, match=rf"^workspace: {file} is damaged: .*; restore it from a backup, or delete .*$"
    ):
        check(workspace)


def test_a_run_killed_before_its_first_component(tmp_path):
    (tmp_path / DATABASE).touch()
    check(tmp_path)
