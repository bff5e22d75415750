"""What differs from server to server."""

import abc
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline.metadata.address import Address

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2


class Dialect(abc.ABC):
    """One kind of server.

    Names of locks and databases are put into its statements with `format`; both are plain letters and digits.

    Attributes:
        user: Environment variable with the user.
        password: Environment variable with the password, which MLMD's client reads itself.
        absent: Codes of the error that there is no such database.
        exists: Codes of the error that there is one already.
        refused: Codes of the errors that the user may not do this.
        create: Statement that creates a database.
        tables: Query for the names of all tables.
        snapshot: Statements after which all queries see one state, and nothing can be written.
        silence: Statement after which the server ends the session if it hears nothing for as many seconds.
        lock: Query that takes a lock which ends with the session, if it is free.
        is_locked: Query for whether a lock is taken.
        is_mine: Query for whether this session has a lock.
    """

    user: ClassVar[str]
    password: ClassVar[str]
    absent: ClassVar[tuple[Any, ...]]
    exists: ClassVar[tuple[Any, ...]]
    refused: ClassVar[tuple[Any, ...]]
    create: ClassVar[str]
    tables: ClassVar[str]
    snapshot: ClassVar[tuple[str, ...]]
    silence: ClassVar[str]
    lock: ClassVar[str]
    is_locked: ClassVar[str]
    is_mine: ClassVar[str]

    @abc.abstractmethod
    def connect(
        self, address: Address, user: str, password: str | None, limit_s: float, *, to_create: bool
    ) -> Any:
        """Connects to the database, or to none if it is to be created; statements commit by themselves."""

    @property
    @abc.abstractmethod
    def errors(self) -> tuple[type[Exception], ...]:
        """What the client raises."""

    @abc.abstractmethod
    def explained(self, error: Exception) -> tuple[Any, str]:
        """The server's code for an error, None if the server said nothing, and what it said."""

    @abc.abstractmethod
    def text(self, value: Any) -> Any:
        """A value of a text column as it was given to MLMD."""

    @abc.abstractmethod
    def config(self, address: Address, user: str) -> "metadata_store_pb2.ConnectionConfig":
        """How MLMD connects; the password stays in the environment."""
