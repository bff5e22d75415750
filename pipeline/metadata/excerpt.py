"""Copies what a shared store knows of one workspace into a file that MLMD reads."""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pipeline.metadata.binding import Binding
from pipeline.metadata.server import Session, has_tables

_PIPELINES = (
    "SELECT c.id FROM Context c JOIN Type t ON t.id = c.type_id WHERE t.name = 'pipeline' AND c.name LIKE %s"
)
_ALL = ("Type", "TypeProperty", "ParentType", "MLMDEnv")
"""Tables of a few rows that no workspace owns."""


def copy(binding: Binding, file: Path) -> None:
    """Copies the runs of a workspace, as they are at one moment; nothing can be written to the store.

    Args:
        binding: The workspace and its store.
        file: New SQLite file.

    Raises:
        UserError: The server cannot be used.
    """
    _create_tables(file)
    with Session(binding.address) as session, contextlib.closing(sqlite3.connect(file)) as target, target:
        for statement in session.dialect.snapshot:
            session.execute(statement)
        if not has_tables(session):
            return
        excerpt = _Excerpt(session, target)
        for table in _ALL:
            excerpt.copy(table)
        pipelines = {number for (number,) in session.execute(_PIPELINES, f"%@{binding.workspace}")}
        executions = excerpt.numbers("execution_id", "Association", "context_id", pipelines)
        # A run that was killed early has no executions yet.
        runs = excerpt.numbers("context_id", "ParentContext", "parent_context_id", pipelines)
        contexts = pipelines | runs | excerpt.numbers("context_id", "Association", "execution_id", executions)
        artifacts = excerpt.numbers("artifact_id", "Event", "execution_id", executions)
        events = excerpt.numbers("id", "Event", "execution_id", executions)
        for table, column, numbers in (
            ("Context", "id", contexts),
            ("ContextProperty", "context_id", contexts),
            ("ParentContext", "context_id", contexts),
            ("Association", "context_id", contexts),
            ("Attribution", "context_id", contexts),
            ("Execution", "id", executions),
            ("ExecutionProperty", "execution_id", executions),
            ("Event", "id", events),
            ("EventPath", "event_id", events),
            ("Artifact", "id", artifacts),
            ("ArtifactProperty", "artifact_id", artifacts),
        ):
            excerpt.copy(table, column, numbers)


def last_execution(session: Session) -> int:
    """The highest number of an execution of any workspace; 0 if there is none."""
    return (session.execute("SELECT MAX(id) FROM Execution")[0][0] or 0) if has_tables(session) else 0


class _Excerpt:
    """Copies rows from a server to a file with the same tables."""

    def __init__(self, session: Session, target: sqlite3.Connection) -> None:
        self._session, self._target = session, target

    def numbers(self, column: str, table: str, where: str, among: Iterable[int]) -> set[int]:
        """The numbers in a column of those rows that have one of some numbers in another."""
        rows = self._session.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {where} IN ({_list(among)})"
        )
        return {number for (number,) in rows}

    def copy(self, table: str, where: str = "", among: Iterable[int] = ()) -> None:
        """Copies a table, or those rows that have one of some numbers in a column."""
        described = self._target.execute(f"PRAGMA table_info({table})").fetchall()
        columns = ", ".join(name for _, name, *_ in described)
        condition = f" WHERE {where} IN ({_list(among)})" if where else ""
        rows = self._session.execute(f"SELECT {columns} FROM {table}{condition}")
        is_text = [kind.startswith(("TEXT", "VARCHAR")) for _, _, kind, *_ in described]
        text = self._session.dialect.text
        self._target.execute(f"DELETE FROM {table}")
        self._target.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * len(described))})",
            [
                [text(value) if of_text else value for value, of_text in zip(row, is_text, strict=True)]
                for row in rows
            ],
        )


def _create_tables(file: Path) -> None:
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    metadata_store.MetadataStore(config)


def _list(numbers: Iterable[int]) -> str:
    """The numbers for a query; none is among them if there are none."""
    return ", ".join(map(str, sorted(numbers))) or "-1"
