"""MySQL and MariaDB."""

from typing import TYPE_CHECKING, Any

from pipeline.metadata.address import Address
from pipeline.metadata.dialect import Dialect

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

_CLIENTS_OWN = 2000
"""Codes from here on are of the client, which lost the server or did not find it."""


class MySQL(Dialect):
    """MySQL and MariaDB, with PyMySQL.

    MLMD's client says that it sends Latin-1, and sends UTF-8. Databases are made for that, and read in the same way, so
    that all text stays as it is.
    """

    user, password = "MYSQL_USER", "MYSQL_PWD"
    absent, exists, refused = (1049,), (1007,), (1044, 1045, 1142, 1698)
    create = "CREATE DATABASE `{}` CHARACTER SET latin1 COLLATE latin1_bin"
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    snapshot = (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )
    silence = "SET SESSION wait_timeout = {}"
    lock = "SELECT GET_LOCK('reactive-schedules {}', 0)"
    is_locked = "SELECT IS_USED_LOCK('reactive-schedules {}') IS NOT NULL"
    is_mine = "SELECT COALESCE(IS_USED_LOCK('reactive-schedules {}') = CONNECTION_ID(), 0)"

    def connect(
        self, address: Address, user: str, password: str | None, limit_s: float, *, to_create: bool
    ) -> Any:
        """See `Dialect`."""
        import pymysql

        return pymysql.connect(
            host=address.host,
            port=address.port,
            user=user,
            password=password or "",
            database=None if to_create else address.database,
            charset="latin1",
            use_unicode=False,
            autocommit=True,
            connect_timeout=limit_s,
            read_timeout=limit_s,
            write_timeout=limit_s,
        )

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """See `Dialect`."""
        import pymysql

        return (pymysql.MySQLError, OSError)

    def explained(self, error: Exception) -> tuple[Any, str]:
        """See `Dialect`."""
        code = error.args[0] if error.args else None
        of_server = isinstance(code, int) and 1000 <= code < _CLIENTS_OWN
        return code if of_server else None, str(error.args[-1] if error.args else error)

    def text(self, value: Any) -> Any:
        """See `Dialect`."""
        return value.decode("utf-8") if isinstance(value, bytes) else value

    def config(self, address: Address, user: str) -> "metadata_store_pb2.ConnectionConfig":
        """See `Dialect`."""
        from ml_metadata.proto import metadata_store_pb2

        made = metadata_store_pb2.ConnectionConfig()
        made.mysql.host = (
            "127.0.0.1" if address.host == "localhost" else address.host
        )  # else it looks for a socket
        made.mysql.port = address.port
        made.mysql.database = address.database
        made.mysql.user = user
        made.mysql.skip_db_creation = True
        return made
