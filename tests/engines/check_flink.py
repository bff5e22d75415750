"""The pipeline on a real Flink: `make flink-test`.

No part of the ordinary suite, because it needs Java and Maven and takes minutes. A session cluster of two task
managers runs on this machine; both start their workers in the same pool.
"""

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from benchmarks.measuring.rows import LABEL, Shape, write_parts
from tests import processes
from tests.conftest import LIMIT_S, ROOT, run_local
from tests.engines import agreement, running
from tests.engines.conftest import configuration, fetch
from tests.engines.running import beam
from tests.objects import BUCKET, seaweedfs


@pytest.fixture(scope="session", autouse=True)
def fetched():
    fetch("flink")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    started = running.FlinkCluster(tmp_path_factory.mktemp("flink"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory):
    with running.job_server("flink", f"localhost:{cluster.rest}", tmp_path_factory.mktemp("server")) as (
        _,
        port,
    ):
        yield port


def test_two_task_managers_compute_what_one_machine_does(cluster, server, pool, local, tmp_path):
    config = configuration(tmp_path, beam(server, pool[1], "--parallelism=2"))
    done = run_local("--config", config, "--workspace", tmp_path / "workspace", is_new=True)
    assert done.code == 0, done.stdout + done.stderr
    print(done.stdout)
    assert set(done.states.values()) == {"done"}
    assert agreement.differences(agreement.results(tmp_path / "workspace"), local) == []
    assert set(cluster.jobs().values()) == {"FINISHED"}
    for component in ("ExampleGen", "Transform", "Evaluator"):
        said = (tmp_path / "workspace/logs" / f"{component}.log").read_text(encoding="utf-8")
        assert "No module named pip" not in said
        assert "Couldn't stage" not in said


def test_a_pool_beside_each_task_manager_and_200_000_rows(cluster, server, tmp_path):
    data = write_parts(Shape(200_000, numbers=20), tmp_path / "data", 4)
    config, port = tmp_path / "config.yaml", processes.free_port()
    arguments = ["--config", config, "--data", data, "--label", LABEL]
    with contextlib.ExitStack() as stack:
        pools = [
            stack.enter_context(running.pool(tmp_path / f"{host}.log", host, port))[0]
            for host in cluster.task_managers
        ]
        for where, words in (("local", []), ("flink", beam(server, f"pool:{port}", "--parallelism=2"))):
            document = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text(encoding="utf-8"))
            document["beam"], document["evaluation"] = words, {"threshold": 1e9}
            document["training"]["epochs"], document["search"]["trials"] = 3, 2
            config.write_text(yaml.safe_dump(document), encoding="utf-8")
            done = run_local(*arguments, "--workspace", tmp_path / where)
            assert done.code == 0, done.stdout + done.stderr
            print(done.stdout)
        assert all(
            psutil.Process(pool.pid).cpu_times().children_user > 1 for pool in pools
        )  # both had workers
    one, other = (agreement.results(tmp_path / where, "data") for where in ("local", "flink"))
    assert sum(map(len, one["raw"].values())) == 200_000
    assert agreement.differences(one, other) == []


def test_the_embedded_engine_computes_it_too(pool, local, tmp_path):
    with running.job_server("flink", "[local]", tmp_path) as (_, port):
        config = configuration(tmp_path, beam(port, pool[1], "--parallelism=2"))
        done = run_local("--config", config, "--workspace", tmp_path / "workspace")
    assert done.code == 0, done.stdout + done.stderr
    print(done.stdout)
    assert agreement.differences(agreement.results(tmp_path / "workspace"), local) == []


def test_a_workspace_in_an_object_store_whose_working_copy_the_workers_see(pool, local, tmp_path):
    for name in ("server", "seaweedfs"):
        (tmp_path / name).mkdir()
    with (
        running.job_server("flink", "[local]", tmp_path / "server") as (_, port),
        seaweedfs(tmp_path / "seaweedfs") as variables,
    ):
        config, uri = configuration(tmp_path, beam(port, pool[1], "--parallelism=2")), f"s3://{BUCKET}/digits"
        environment = {"PYTHONPATH": str(ROOT), **variables}
        done = run_local("--config", config, "--workspace", uri, cwd=tmp_path, env=environment)
    assert done.code == 0, done.stdout + done.stderr
    print(done.stdout)
    assert re.search(rf"^Model +{uri}/serving/\d+ *$", done.stdout, re.MULTILINE)
    assert (
        agreement.differences(agreement.results(tmp_path / "workspace/s3" / BUCKET / "digits"), local) == []
    )


def test_what_is_wrong_is_told_before_anything_runs(server, pool, tmp_path):
    nobody = processes.free_port()
    for arguments, fault in (
        (beam(nobody, pool[1]), f"beam: no job server answers at 127.0.0.1:{nobody}"),
        (beam(server, nobody), f"beam: the engine reaches no worker pool at 127.0.0.1:{nobody}; start"),
        (
            beam(server, pool[1], "--beam_plugins=not_there"),
            "beam: a worker cannot start: before it was ready",
        ),
    ):
        config = configuration(tmp_path, arguments)
        done = run_local("--config", config, "--workspace", tmp_path / "workspace")
        assert done.code == 2, done.stdout + done.stderr
        assert fault in done.stderr
        assert "Traceback" not in done.stderr
        assert done.states == {}


def test_workers_that_do_not_see_the_workspace_are_found_out(server, tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    hidden = f"mount -t tmpfs none {workspace} && exec {sys.executable} -m components.workers --port 0"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs root, for a mount of its own")
    with processes.running(["unshare", "--mount", "sh", "-c", hidden], tmp_path / "pool.log") as process:
        port = int(process.said(r"Worker pool at 127\.0\.0\.1:(\d+)")[1])
        done = run_local("--config", configuration(tmp_path, beam(server, port)), "--workspace", workspace)
    assert done.code == 2, done.stdout + done.stderr
    assert f"workspace: the workers of PortableRunner do not read and write {workspace};" in done.stderr
    assert not (workspace / "artifacts").exists()


def begun(config: Path, workspace: Path) -> processes.Process:
    """A run that a test may disturb."""
    command = [sys.executable, ROOT / "local_runner.py", "--config", config, "--workspace", workspace]
    return processes.Process(command, workspace.with_suffix(".log"))


def until(condition) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def workers(pool) -> list[psutil.Process]:
    """The workers of a pool that are connected to the engine: they have imported what they need."""
    children = psutil.Process(pool.pid).children()
    return [
        each for each in children if each.status() != psutil.STATUS_ZOMBIE and len(each.net_connections()) > 1
    ]


def test_an_interrupted_run_leaves_no_job_behind(cluster, server, pool, tmp_path):
    before = cluster.jobs()
    config = configuration(tmp_path, beam(server, pool[1], cluster.master))
    run = begun(config, tmp_path / "workspace")
    # The first is the probe.
    until(lambda: len(cluster.jobs()) > len(before) + 1)
    run.interrupt()
    code, said = run.wait()
    assert code == 130, said
    until(lambda: set(cluster.jobs().values()) <= {"FINISHED", "CANCELED", "FAILED"})
    assert "CANCELED" in cluster.jobs().values()


@pytest.mark.parametrize(
    ("victim", "component"),
    [
        ("worker", "ExampleGen"),
        ("worker", "Evaluator"),
        ("pool", "Transform"),
        ("task manager", "Transform"),
        ("job server", "Transform"),
    ],
)
def test_what_is_killed_costs_one_component(cluster, local, victim, component, tmp_path):
    """The component fails on one line, or is tried again; the next run goes on, and the results are the same."""
    workspace = tmp_path / "workspace"
    with contextlib.ExitStack() as stack:
        process, pool_port = stack.enter_context(running.pool(tmp_path / "pool.log"))
        server, port = stack.enter_context(running.job_server("flink", f"localhost:{cluster.rest}", tmp_path))
        config = configuration(tmp_path, beam(port, pool_port, "--parallelism=2", cluster.master))
        run = begun(config, workspace)
        until(lambda: (workspace / "logs" / f"{component}.log").exists())
        earlier = workers(process)  # of the job before
        until(lambda: set(workers(process)) - set(earlier))
        if victim == "worker":
            (set(workers(process)) - set(earlier)).pop().kill()
        elif victim == "pool":
            process.kill()
        elif victim == "job server":
            server.kill()
        else:
            _, one = cluster.task_managers.popitem()
            one.kill()
            cluster.add_task_manager()
        code, said = run.wait()
        assert "Traceback" not in said
        if code:
            print(victim, component, [line for line in said.splitlines() if "failed:" in line])
            assert f"{component} failed:" in said or said.startswith("beam:")
    with running.pool(tmp_path / "pool-2.log") as (_, pool_port):
        (tmp_path / "second").mkdir()
        with running.job_server("flink", f"localhost:{cluster.rest}", tmp_path / "second") as (_, port):
            config = configuration(tmp_path, beam(port, pool_port, "--parallelism=2"))
            done = run_local("--config", config, "--workspace", workspace)
    assert done.code == 0, done.stdout + done.stderr
    assert agreement.differences(agreement.results(workspace), local) == []
