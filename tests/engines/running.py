"""Job servers, clusters and worker pools as processes."""

import contextlib
import itertools
import json
import re
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.engines.jars import JARS
from tests.processes import Process, free_port, running

_OPENED = ("lang", "util", "nio", "time", "util.concurrent", "lang.invoke", "net", "io")
_JAVA = [
    "java",
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED),
    *(
        f"--add-opens=java.base/sun.{package}=ALL-UNNAMED"
        for package in ("nio.ch", "nio.cs", "security.action")
    ),
    "-Xmx1g",
]


@contextlib.contextmanager
def pool(log: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[tuple[Process, int]]:
    """The project's worker pool, and its port."""
    command = [sys.executable, "-m", "components.workers", "--host", host, "--port", port]
    with running(command, log) as process:
        yield process, int(process.said(rf"Worker pool at {re.escape(host)}:(\d+)")[1])


@contextlib.contextmanager
def job_server(engine: str, master: str, folder: Path, *properties: str) -> Iterator[tuple[Process, int]]:
    """Beam's job server of an engine, and its port.

    Args:
        engine: `flink` or `spark`.
        master: Address of the cluster, or `[local]` and `local[2]` for one in the same process.
        folder: Folder for its files.
        properties: Options of the Java process.
    """
    main = f"org.apache.beam.runners.{engine}.{engine.title()}JobServerDriver"
    port = free_port()
    command = [
        *_JAVA,
        *properties,
        "-cp",
        f"{JARS / engine}/*",
        main,
        f"--{engine}-master{'-url' if engine == 'spark' else ''}={master}",
        "--job-host=127.0.0.1",
        f"--job-port={port}",
        "--artifact-port=0",
        "--expansion-port=0",
        f"--artifacts-dir={folder / 'artifacts'}",
    ]
    with running(command, folder / "job-server.log", **_SPARK) as process:
        process.said(r"JobService started on")
        yield process, port


_SPARK = {"SPARK_LOCAL_IP": "127.0.0.1"}
_FLINK_MEMORY = {
    "taskmanager.memory.task.heap.size": "512m",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.managed.size": "128m",
    "taskmanager.memory.network.min": "512m",
    "taskmanager.memory.network.max": "512m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
    "taskmanager.memory.task.off-heap.size": "0m",
    "taskmanager.cpu.cores": "1",
}


class FlinkCluster:
    """A session cluster: one job manager, and task managers of one slot each.

    Each task manager has its own address for the name `pool`, as if it were on a machine of its own.

    Attributes:
        task_managers: Task managers by the address of their pool.

    Args:
        folder: Folder for logs and files.
        task_managers: Number of task managers.
    """

    def __init__(self, folder: Path, task_managers: int = 2) -> None:
        self._folder, self._open = folder, contextlib.ExitStack()
        self.rest, self._rpc = free_port(), free_port()
        self.task_managers: dict[str, Process] = {}
        self._started = itertools.count(1)
        conf = folder / "conf"
        conf.mkdir(parents=True)
        (conf / "config.yaml").write_text("{}\n", encoding="utf-8")
        self._conf = conf
        manager = self._start(
            "job-manager",
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
            {"rest.port": self.rest, "rest.bind-address": "127.0.0.1", "blob.server.port": 0},
        )
        manager.said("Rest endpoint listening at")
        for _ in range(task_managers):
            self.add_task_manager()

    def add_task_manager(self) -> None:
        """Starts one more."""
        number = next(self._started)
        name, pool = f"task-manager-{number}", f"127.0.0.{number}"  # one that was killed never comes back
        hosts = self._folder / f"{name}.hosts"
        hosts.write_text(f"127.0.0.1 localhost {socket.gethostname()}\n{pool} pool\n", encoding="utf-8")
        options = {
            **_FLINK_MEMORY,
            "taskmanager.numberOfTaskSlots": 1,
            "taskmanager.resource-id": name,
            "taskmanager.host": "127.0.0.1",
            "taskmanager.rpc.port": 0,
        }
        main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        started = self._start(name, main, options, f"-Djdk.net.hosts.file={hosts}")
        started.said("Successful registration at resource manager")
        self.task_managers[pool] = started

    def _start(self, name: str, main: str, options: dict[str, object], *properties: str) -> Process:
        common = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": self._rpc,
            "io.tmp.dirs": self._folder / "tmp",
            "heartbeat.timeout": 30000,
            **({"jobmanager.memory.heap.size": "512m"} if "Session" in main else {}),
        }
        words = [f"-D{key}={value}" for key, value in {**common, **options}.items()]
        command = [*_JAVA, *properties, "-cp", f"{JARS / 'flink'}/*", main, "--configDir", self._conf, *words]
        return self._open.enter_context(running(command, self._folder / f"{name}.log"))

    @property
    def master(self) -> str:
        """Beam's argument for the address of the cluster."""
        return f"--flink_master=127.0.0.1:{self.rest}"

    def jobs(self) -> dict[str, str]:
        """States of all jobs by id, as Flink's REST interface has them."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/jobs", timeout=60) as answer:
            return {job["id"]: job["status"] for job in json.load(answer)["jobs"]}

    def close(self) -> None:
        """Ends all processes."""
        self._open.close()


def beam(server: int, pool: int | str, *more: str) -> list[str]:
    """Beam's arguments for a job server at a port, and a pool at a port or an address."""
    address = pool if isinstance(pool, str) else f"127.0.0.1:{pool}"
    return [
        "--runner=PortableRunner",
        f"--job_endpoint=127.0.0.1:{server}",
        "--environment_type=EXTERNAL",
        f"--environment_config={address}",
        *more,
    ]


@contextlib.contextmanager
def flink(folder: Path, task_managers: int) -> Iterator[tuple[FlinkCluster, list[str]]]:
    """A session cluster with a job server and a pool, and Beam's arguments for them."""
    with (
        contextlib.closing(FlinkCluster(folder, task_managers)) as cluster,
        job_server("flink", f"localhost:{cluster.rest}", folder) as (_, port),
        pool(folder / "pool.log") as (_, pool_port),
    ):
        yield cluster, beam(port, pool_port, f"--parallelism={task_managers}", cluster.master)
