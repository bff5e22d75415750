"""What the checks on all servers share."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.__main__ import main
from tests.checks import CANNOT_RUN
from tests.store.servers import Absent, MariaDB, PostgreSQL, Server


@pytest.fixture(scope="session", params=[MariaDB, PostgreSQL], ids=lambda kind: kind.scheme)
def running(request):
    os.environ.update(request.param.environment)
    try:
        started = request.param()
    except Absent as absent:
        pytest.exit(f"skipped: needs Debian's package {absent}", returncode=CANNOT_RUN)
    yield started
    started.stop()


def on(running: Server, database: str = "team") -> list[str]:
    """The options that make a run use a database of a server."""
    return ["--set", f"metadata={running.address(database)}"]


def command(*words: object, code: int = 0) -> str:
    """What a command prints; with another exit code than 0, to standard error."""
    done = CliRunner().invoke(main, [*map(str, words)])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def listed(kind: str, workspace: Path) -> list[dict]:
    """The runs or the models of a workspace."""
    return json.loads(command(kind, "--json", "--workspace", workspace))
