"""Connects to the server of a shared store, and says in one line what is wrong."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from components.errors import UserError
from pipeline.metadata import client
from pipeline.metadata.address import Address
from pipeline.metadata.dialect import Dialect
from pipeline.metadata.mysql import MySQL
from pipeline.metadata.postgresql import PostgreSQL
from reactive_schedules.printable import one_line

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

LIMIT_S = 10.0
"""How long a server may take to answer."""

SCHEMA = 10
"""Version of MLMD's tables that this release reads and writes."""

SETTING_UP, REGISTERING = "0" * 16, "0" * 15 + "1"
"""Names of the locks under which tables are created, and types registered."""

_DIALECTS: dict[str, Dialect] = {"mysql": MySQL(), "postgresql": PostgreSQL()}
_MOMENTS_S = 60


class Session:
    """A connection to the server.

    Args:
        address: Address of the store.
        to_create: Whether the database does not exist.

    Raises:
        UserError: The server does not answer, or does not let the user in; or there is no such database.
    """

    def __init__(self, address: Address, *, to_create: bool = False) -> None:
        self.address, self.dialect = address, _DIALECTS[address.scheme]
        user, password = user_of(address), os.environ.get(self.dialect.password)
        with self._explained():
            self._opened = self.dialect.connect(address, user, password, LIMIT_S, to_create=to_create)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(*self.dialect.errors):
            self._opened.close()

    def execute(self, statement: str, *values: Any) -> list[tuple]:
        """Executes a statement, and returns the rows.

        Raises:
            UserError: The server does not answer, or refuses it.
        """
        with self._explained(), contextlib.closing(self._opened.cursor()) as cursor:
            cursor.execute(statement, values)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def asks(self, query: str, name: str) -> bool:
        """The answer to a query about a lock, see `Dialect`."""
        return bool(self.execute(query.format(name))[0][0])

    def wait_for(self, name: str) -> None:
        """Takes a lock that others have for moments only; it ends with the session.

        Raises:
            UserError: One of them has it for a minute.
        """
        end = time.monotonic() + _MOMENTS_S
        while not self.asks(self.dialect.lock, name):
            if time.monotonic() > end:
                raise UserError(
                    f"metadata: another run has kept a lock on {self.address} for a minute; run again"
                )
            time.sleep(0.05)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self.dialect.errors as error:
            code, said = self.dialect.explained(error)
            raise ServerError(self._fault(code, one_line(said)), code) from None

    def _fault(self, code: Any, said: str) -> str:
        address, dialect = self.address, self.dialect
        if code is None:
            return f"metadata: the server of {address} does not answer ({said}); start it, or correct the address"
        if code in dialect.absent:
            return f"metadata: {address}: there is no such database; correct the address, or create it"
        if code in dialect.refused:
            return (
                f"metadata: {address} refuses user {user_of(address)!r} ({said}); correct {dialect.user} and "
                f"{dialect.password} in the environment, or grant the rights"
            )
        return f"metadata: {address}: {said}"


class ServerError(UserError):
    """The server does not answer, or refuses; `code` is its own code, or None."""

    def __init__(self, message: str, code: Any) -> None:
        super().__init__(message)
        self.code = code


def user_of(address: Address) -> str:
    """The user, from the environment.

    Raises:
        UserError: There is none.
    """
    dialect = _DIALECTS[address.scheme]
    user = os.environ.get(dialect.user)
    if not user:
        raise UserError(
            f"metadata: {address} needs a user; set {dialect.user} and {dialect.password} in the environment"
        )
    return user


def config_of(address: Address) -> "metadata_store_pb2.ConnectionConfig":
    """How MLMD connects."""
    client.put_right(_registering)
    return _DIALECTS[address.scheme].config(address, user_of(address))


@contextlib.contextmanager
def _registering(config: "metadata_store_pb2.ConnectionConfig") -> Iterator[None]:
    found = config.postgresql
    with Session(Address("postgresql", found.host, int(found.port), found.dbname)) as session:
        session.wait_for(REGISTERING)
        yield


def set_up(address: Address) -> None:
    """Makes a store ready for a run: creates the database and its tables where they are missing.

    Raises:
        UserError: The server cannot be used, or holds tables of something else or of another release of MLMD.
    """
    try:
        session = Session(address)
    except ServerError as error:
        if error.code not in _DIALECTS[address.scheme].absent:
            raise
        _create_database(address)
        session = Session(address)
    with session:
        session.wait_for(SETTING_UP)
        if not has_tables(session) and (others := session.execute(session.dialect.tables)):
            raise UserError(
                f"metadata: {address} holds {len(others)} tables of something else; choose an empty database"
            )
        _open(address)


def has_tables(session: Session) -> bool:
    """Whether MLMD has created its tables.

    Raises:
        UserError: Another release of MLMD has.
    """
    names = {str(session.dialect.text(name)).lower() for (name,) in session.execute(session.dialect.tables)}
    if "mlmdenv" not in names:
        return False
    found = session.execute("SELECT schema_version FROM MLMDEnv")
    if found != [(SCHEMA,)]:
        version = found[0][0] if found else "unknown"
        raise UserError(
            f"metadata: the tables of {session.address} have version {version} of ML Metadata's schema, not {SCHEMA}; "
            "choose another database"
        )
    return True


def _create_database(address: Address) -> None:
    with Session(address, to_create=True) as session:
        try:
            session.execute(session.dialect.create.format(address.database))
        except ServerError as error:
            if error.code not in session.dialect.exists:  # another run has just created it
                raise


def _open(address: Address) -> None:
    """Opens the store with MLMD, which creates its tables, and whose client may not do what this one can."""
    from ml_metadata.metadata_store.metadata_store import MetadataStore

    try:
        MetadataStore(config_of(address))
    except RuntimeError as error:
        raise UserError(
            f"metadata: ML Metadata cannot use {address} ({one_line(str(error))}); it connects without TLS"
        ) from None
