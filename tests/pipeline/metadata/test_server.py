"""Servers that do not answer; for real ones, see `tests/store`."""

import contextlib
import socket
import sqlite3

import pytest
from click.testing import CliRunner
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

import local_runner
from components.errors import UserError
from pipeline.__main__ import main
from pipeline.metadata import server
from pipeline.metadata.address import Address
from pipeline.metadata.binding import bind
from tests.processes import free_port

SCHEMES = ("mysql", "postgresql")


@pytest.fixture(autouse=True)
def user(monkeypatch):
    for name in ("MYSQL_USER", "PGUSER"):
        monkeypatch.setenv(name, "somebody")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_run_without_a_server_is_refused_before_anything_is_written(tmp_path, scheme):
    address = f"{scheme}://127.0.0.1:{free_port()}/runs"
    workspace = tmp_path / "workspace"
    result = CliRunner().invoke(
        local_runner.main, ["--workspace", str(workspace), "--set", f"metadata={address}"]
    )
    assert result.exit_code == 2
    assert result.stderr.startswith(f"metadata: the server of {address} does not answer (")
    assert "Connection refused" in result.stderr
    assert result.stderr.endswith("); start it, or correct the address\n")
    assert result.stderr.count("\n") == 1
    assert not workspace.exists()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_silent_server_has_a_limit(monkeypatch, scheme):
    monkeypatch.setattr(server, "LIMIT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(scheme, "127.0.0.1", silent.getsockname()[1], "runs")
        with pytest.raises(UserError, match=r"does not answer \(.*\); start it, or correct the address$"):
            server.set_up(address)


@pytest.mark.parametrize(
    ("scheme", "variables"), [("mysql", "MYSQL_USER and MYSQL_PWD"), ("postgresql", "PGUSER and PGPASSWORD")]
)
def test_the_user_comes_from_the_environment(monkeypatch, scheme, variables):
    monkeypatch.delenv(variables.split()[0])
    with pytest.raises(UserError) as raised:
        server.set_up(Address.parse(f"{scheme}://127.0.0.1/runs"))
    assert str(raised.value).endswith(f"needs a user; set {variables} in the environment")


@pytest.mark.parametrize(
    "command", [["runs"], ["models"], ["show", "r1"], ["doctor"], ["prune", "--yes"], ["rollback", "m1"]]
)
def test_commands_find_the_store_and_say_that_it_does_not_answer(tmp_path, command):
    address = Address("mysql", "127.0.0.1", free_port(), "runs")
    bind(tmp_path, address)
    result = CliRunner().invoke(main, [*command, "--workspace", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"metadata: the server of {address} does not answer (")
    assert result.stderr.count("\n") == 1


def test_a_run_stays_with_the_store_of_its_workspace(tmp_path):
    address = Address("mysql", "127.0.0.1", free_port(), "runs")
    bind(tmp_path, address)
    result = CliRunner().invoke(local_runner.main, ["--workspace", str(tmp_path)])
    assert result.exit_code == 2
    assert (
        f"keeps its runs in {address}, not in metadata.db in it; set metadata to {address}" in result.stderr
    )


def test_the_schema_is_the_one_of_our_release_of_mlmd(tmp_path):
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.db")
    MetadataStore(config)
    with contextlib.closing(sqlite3.connect(tmp_path / "metadata.db")) as opened:
        assert opened.execute("SELECT schema_version FROM MLMDEnv").fetchall() == [(server.SCHEMA,)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_password_is_part_of_what_tfx_logs(monkeypatch, scheme):
    for name in ("MYSQL_PWD", "PGPASSWORD"):
        monkeypatch.setenv(name, "hunter2")
    assert "hunter2" not in str(server.config_of(Address.parse(f"{scheme}://localhost/runs")))
