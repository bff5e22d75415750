"""Locks, rights and faults of a real MariaDB and a real PostgreSQL: `make store-test`."""

import multiprocessing
import signal
import subprocess
import sys
import time

import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from components.errors import UserError
from pipeline.metadata import lock, server
from pipeline.metadata.binding import Binding, bind
from tests.conftest import LIMIT_S, ROOT, run_local
from tests.store.conftest import command, on


def test_one_run_at_a_time_on_all_machines(running, tmp_path):
    """Another machine holds the lock on the server, and none in the folder, as on a mount that has no locks."""
    workspace = tmp_path / "workspace"
    bind(workspace, running.address("team"))
    server.set_up(running.address("team"))
    code = (
        "import pathlib, sys, time; from pipeline.metadata.binding import Binding; from pipeline.metadata.lock import held\n"
        "with held(Binding.of(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(3600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, workspace], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    in_use = f"workspace: {workspace} is in use by another run, perhaps on another machine; wait for it to finish, or"
    refused = run_local("--workspace", workspace, "--no-tune", *on(running))
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(in_use)
    assert command("prune", "--yes", "--workspace", workspace, code=2).startswith(in_use)
    bound = Binding.of(workspace)
    assert bound
    assert lock.is_held(bound)
    other.send_signal(signal.SIGKILL)
    other.wait()
    end = time.monotonic() + LIMIT_S
    while lock.is_held(bound):  # the server learns of it at once, but not within the same instruction
        assert time.monotonic() < end
    with lock.held(bound, workspace):
        pass


def test_a_machine_that_falls_silent_loses_its_lock(running, tmp_path, monkeypatch):
    """Its power is cut, so that the server is told nothing."""
    bound = bind(tmp_path, running.address("team"))
    assert bound
    server.set_up(running.address("team"))
    monkeypatch.setattr(lock, "SILENCE_S", 2)
    monkeypatch.setattr(
        lock, "_BEATS", 1e-6
    )  # the thread that tells the server that the run is alive never does
    with lock.held(bound, tmp_path) as held:
        assert held
        held.check()
        end = time.monotonic() + LIMIT_S
        while lock.is_held(bound):
            assert time.monotonic() < end
            time.sleep(0.2)
        with pytest.raises(UserError, match="was lost during the run; run again"):
            held.check()


def test_a_run_that_is_alive_keeps_its_lock(running, tmp_path, monkeypatch):
    bound = bind(tmp_path, running.address("team"))
    assert bound
    server.set_up(running.address("team"))
    monkeypatch.setattr(lock, "SILENCE_S", 12)
    with lock.held(bound, tmp_path) as held:
        assert held
        time.sleep(30)
        held.check()


def test_what_is_wrong_is_told_before_anything_runs(running, tmp_path):
    running.create_database("foreign_tables")
    running.execute("foreign_tables", "CREATE TABLE orders (id INTEGER)")
    server.set_up(running.address("newer"))
    running.execute("newer", "UPDATE MLMDEnv SET schema_version = 11")
    wrong = {name: "wrong" for name in running.environment if not name.endswith("USER")}
    for database, env, fault in (
        ("team", wrong, "refuses user 'team' ("),
        ("foreign_tables", {}, "holds 1 tables of something else; choose an empty database"),
        ("newer", {}, "have version 11 of ML Metadata's schema, not 10; choose another database"),
    ):
        refused = run_local("--workspace", tmp_path / "new", *on(running, database), env=env)
        assert (refused.code, refused.stdout) == (2, "")
        assert fault in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert not (tmp_path / "new").exists()


def _register(address, together, found) -> None:
    store = MetadataStore(server.config_of(address))
    for number in range(10):
        together.wait(LIMIT_S)
        kind = metadata_store_pb2.ArtifactType(name=f"Kind{number}")
        found.put((number, store.put_artifact_type(kind)))


def test_types_that_several_runs_register_at_once_are_one(running):
    """MLMD's client of PostgreSQL alone makes several."""
    address = running.address("types")
    server.set_up(address)
    context = multiprocessing.get_context("spawn")
    together, found = context.Barrier(3), context.Queue()
    runs = [context.Process(target=_register, args=(address, together, found)) for _ in range(3)]
    for run in runs:
        run.start()
    pairs = {found.get(timeout=LIMIT_S) for _ in range(30)}
    for run in runs:
        run.join()
    assert len(pairs) == 10
