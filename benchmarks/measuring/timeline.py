"""What each component of a pipeline costs, measured from outside of its process."""

import dataclasses
import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from benchmarks.measuring.processes import ROOT, Cost, check

PERIOD = 0.05  # seconds between two looks


@dataclasses.dataclass(frozen=True)
class Timeline:
    """A process and its children, looked at every `PERIOD` seconds.

    Attributes:
        time: Seconds since the epoch.
        cpu: CPU seconds up to then.
        resident: Resident memory in megabytes, summed over the processes.
    """

    time: np.ndarray
    cpu: np.ndarray
    resident: np.ndarray

    def cost(self, start: float, end: float) -> Cost:
        """What the processes did between two points in time."""
        cpu = np.interp([start, end], self.time, self.cpu)
        within = (self.time >= start - PERIOD) & (self.time <= end + PERIOD)
        return Cost(end - start, float(cpu[1] - cpu[0]), float(self.resident[within].max(initial=0)))

    def whole(self) -> Cost:
        """What the processes cost from their start to their end."""
        return self.cost(float(self.time[0]), float(self.time[-1]))


def watched(command: Sequence[str | Path], log: Path) -> Timeline:
    """Runs a process from the root of the repository, its output into a file.

    Args:
        command: Program and arguments.
        log: File for standard output and errors.

    Raises:
        click.ClickException: It failed; the message ends with the end of its output.
    """
    looks = [(time.time(), 0.0, 0.0)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(os.environ), stdout=output, stderr=subprocess.STDOUT
        )
        root = psutil.Process(process.pid)
        while process.poll() is None:
            looks.append((time.time(), *_look(root, looks[-1][1])))
            time.sleep(PERIOD)
    check(command, process.returncode, log)
    return Timeline(*(np.array(column) for column in zip(*looks, strict=True)))


def _look(root: psutil.Process, cpu_before: float) -> tuple[float, float]:
    """CPU seconds and resident megabytes; a child that ends between two looks counts once it is waited for."""
    cpu, resident = 0.0, 0.0
    try:
        processes = [root, *root.children(recursive=True)]
    except psutil.Error:
        processes = []
    for process in processes:
        try:
            cpu += sum(process.cpu_times()[:4])  # of itself and of the children that it waited for
            resident += process.memory_info().rss / 1e6
        except psutil.Error:  # it has just ended
            continue
    return max(cpu, cpu_before), resident


def intervals(database: Path) -> dict[str, tuple[float, float]]:
    """Start and end of each component's execution in a store of ML Metadata, in seconds since the epoch, in order.

    Every ExampleGen is called so, whatever it reads.
    """
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(database)
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    store = metadata_store.MetadataStore(config)
    types = {kind.id: kind.name for kind in store.get_execution_types()}
    executions = sorted(store.get_executions(), key=lambda execution: execution.create_time_since_epoch)
    return {
        re.sub(r".*\.|\w+(?=ExampleGen)", "", types[execution.type_id]): (
            execution.create_time_since_epoch / 1000,
            execution.last_update_time_since_epoch / 1000,
        )
        for execution in executions
    }


def components(timeline: Timeline, database: Path) -> dict[str, Cost]:
    """The cost of each component, in order; `(start)` is what comes before the first one."""
    found = intervals(database)
    first = min(start for start, _ in found.values())
    start = timeline.cost(float(timeline.time[0]), first)
    return {"(start)": start, **{name: timeline.cost(*interval) for name, interval in found.items()}}
