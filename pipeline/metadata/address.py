"""Where a shared metadata store is: a database of a MySQL, MariaDB or PostgreSQL server."""

import dataclasses
import re
import urllib.parse
from typing import Self

PORTS = {"mysql": 3306, "postgresql": 5432}
"""Kinds of servers, with their usual ports."""

LARGEST_INTEGER = 2**31 - 1
"""Of MLMD's integer properties in the tables of a server."""

_FORM = "mysql://HOST:PORT/DATABASE or postgresql://HOST:PORT/DATABASE"


@dataclasses.dataclass(frozen=True)
class Address:
    """The address of a store, without user and password.

    Attributes:
        scheme: Kind of server, see `PORTS`.
        host: Name or IP address.
        port: Port.
        database: Name of the database.
    """

    scheme: str
    host: str
    port: int
    database: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads an address, such as `mysql://db.example.com/runs`.

        Raises:
            ValueError: It is not the address of a database, or holds a user or password. The message does not repeat
                the text, which may hold one elsewhere.
        """
        if "@" in text:
            raise ValueError(
                "must not hold a user or password, because runs and logs show it; set MYSQL_USER and MYSQL_PWD, or "
                "PGUSER and PGPASSWORD, in the environment"
            )
        try:
            parts = urllib.parse.urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:  # of an IPv6 address, or the port
            raise ValueError(f"must be {_FORM}") from None
        if parts.scheme not in PORTS or not host or parts.query or parts.fragment or port == 0:
            raise ValueError(f"must be {_FORM}, without anything after the database")
        database = parts.path.removeprefix("/")
        # What MLMD's clients take without quotes.
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", database):
            raise ValueError(
                f"must be {_FORM}; DATABASE has up to 63 letters, digits and underscores, and begins with a letter"
            )
        return cls(parts.scheme, host, port or PORTS[parts.scheme], database)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/{self.database}"
