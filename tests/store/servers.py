"""Real PostgreSQL and MariaDB servers of Debian's packages, in temporary folders, on free ports, without privileges."""

import abc
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from pipeline.metadata.address import Address
from pipeline.metadata.server import ServerError, Session
from tests.processes import START_LIMIT_S, Process, free_port

USER, PASSWORD = "team", "hunter2-of-the-team"


class Absent(Exception):
    """The server's programs are not installed."""


class Server(abc.ABC):
    """A server with a user who may create databases."""

    scheme: str
    environment: dict[str, str]

    def __init__(self) -> None:
        # Not below pytest's folders, which only their owner can enter; and neither server runs as root.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix=self.scheme)), free_port()
        self._as: list[str] = []
        if os.getuid() == 0:
            self._as = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            shutil.chown(self.folder, "nobody", "nogroup")
        self._process: Process | None = None
        self._create()
        self.start()

    @abc.abstractmethod
    def _create(self) -> None:
        """Creates its files."""

    @abc.abstractmethod
    def _command(self) -> list[object]:
        """The command that starts it."""

    def address(self, database: str) -> Address:
        """The address of a database."""
        return Address(self.scheme, "127.0.0.1", self.port, database)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._process = Process([*self._as, *self._command()], self.folder / "log")
        end = time.monotonic() + START_LIMIT_S
        while True:
            try:
                with Session(self.address("any"), to_create=True):
                    return
            except ServerError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        """Kills it as a power cut does."""
        assert self._process
        os.killpg(self._process.pid, 9)
        self._process.stop()

    def stop(self) -> None:
        """Ends it, and removes its files."""
        assert self._process
        self._process.stop()
        shutil.rmtree(self.folder)

    def execute(self, database: str, *statements: str) -> list[tuple]:
        """Executes statements as its user; returns the rows of the last."""
        with Session(self.address(database)) as session:
            return [session.execute(statement) for statement in statements][-1]

    def create_database(self, name: str) -> None:
        """Creates an empty database."""
        with Session(self.address(name), to_create=True) as session:
            session.execute(session.dialect.create.format(name))

    def _run(self, *command: object, **options: Any) -> None:
        subprocess.run(
            [*self._as, *map(str, command)], check=True, capture_output=True, cwd=self.folder, **options
        )


class PostgreSQL(Server):
    """The newest PostgreSQL that is installed."""

    scheme = "postgresql"
    environment = {"PGUSER": USER, "PGPASSWORD": PASSWORD}

    def _create(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not found:
            raise Absent("postgresql")
        self._programs = found[-1]
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        files = self.folder / "data"
        self._run(
            self._programs / "initdb", f"--pgdata={files}", f"--username={USER}", "--auth=scram-sha-256",
            f"--pwfile={secret}",
        )  # fmt: skip

    def _command(self) -> list[object]:
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "data/postmaster.pid").unlink()  # of the one that was killed
        return [
            self._programs / "postgres", "-D", self.folder / "data", "-p", self.port, "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=",
        ]  # fmt: skip


class MariaDB(Server):
    """MariaDB."""

    scheme = "mysql"
    environment = {"MYSQL_USER": USER, "MYSQL_PWD": PASSWORD}

    def _create(self) -> None:
        if not shutil.which("mariadbd"):
            raise Absent("mariadb-server-core")
        self._run(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        rights = self.folder / "rights.sql"
        rights.write_text(
            f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        rights.chmod(0o644)

    def _command(self) -> list[object]:
        return [
            "mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}",
            f"--init-file={self.folder / 'rights.sql'}", "--skip-name-resolve",
        ]  # fmt: skip
