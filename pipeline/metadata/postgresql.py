"""PostgreSQL."""

from typing import TYPE_CHECKING, Any

from pipeline.metadata.address import Address
from pipeline.metadata.client import BACKSLASH, STAND_IN
from pipeline.metadata.dialect import Dialect

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

_KEY = "('x{}')::bit(64)::bigint"
_HELD = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    f"AND (classid::bigint << 32 | objid::bigint) = {_KEY}"
)


class PostgreSQL(Dialect):
    """PostgreSQL, with pg8000."""

    user, password = "PGUSER", "PGPASSWORD"
    absent, exists, refused = ("3D000",), ("42P04", "23505"), ("28P01", "28000", "42501")
    create = "CREATE DATABASE \"{}\" ENCODING 'UTF8' TEMPLATE template0"
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    snapshot = ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",)
    silence = "SET idle_session_timeout = '{}s'"
    lock = f"SELECT pg_try_advisory_lock({_KEY})"
    is_locked, is_mine = f"{_HELD})", f"{_HELD} AND pid = pg_backend_pid())"

    def connect(
        self, address: Address, user: str, password: str | None, limit_s: float, *, to_create: bool
    ) -> Any:
        """See `Dialect`."""
        import pg8000.dbapi

        opened = pg8000.dbapi.connect(
            user,
            host=address.host,
            port=address.port,
            database="postgres" if to_create else address.database,
            password=password,
            timeout=limit_s,
            ssl_context=False,  # as MLMD's client, which is built without
        )
        opened.autocommit = True
        return opened

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """See `Dialect`."""
        import pg8000.dbapi

        return (pg8000.dbapi.Error, OSError)

    def explained(self, error: Exception) -> tuple[Any, str]:
        """See `Dialect`."""
        said = error.args[0] if error.args else ""
        if isinstance(said, dict):
            return said.get("C"), said.get("M", "")
        return None, str(error.__cause__ or said or error)

    def text(self, value: Any) -> Any:
        """See `Dialect`."""
        return value.replace(STAND_IN, BACKSLASH) if isinstance(value, str) else value

    def config(self, address: Address, user: str) -> "metadata_store_pb2.ConnectionConfig":
        """See `Dialect`."""
        from ml_metadata.proto import metadata_store_pb2

        made = metadata_store_pb2.ConnectionConfig()
        made.postgresql.host = address.host
        made.postgresql.port = str(address.port)
        made.postgresql.dbname = address.database
        made.postgresql.user = user
        made.postgresql.skip_db_creation = True
        return made
