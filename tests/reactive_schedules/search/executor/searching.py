"""A search in a process of its own, which tests kill.

`python -m …searching FOLDER PROCESSES EPOCH_S [FAULT EPOCH | --cluster ADDRESS]`
"""

import contextlib
import sys
from pathlib import Path

from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials

if __name__ == "__main__":
    folder, processes, epoch_s, *more = sys.argv[1:]
    work = Work(trials.FUNCTION, {"folder": folder, "epoch_s": float(epoch_s)})
    journal, values, cluster = Journal(Path(folder, "journal")), {}, contextlib.nullcontext()
    if more[:1] == ["--cluster"]:
        from reactive_schedules.search.executor.cluster import Cluster

        cluster = Cluster(more[1], work, journal)
    elif more:
        values = {more[0]: int(more[1])}
    with cluster as found, Coordinator(work, journal, None, int(processes), cluster=found) as coordinator:
        coordinator.run([trials.ask(1), trials.ask(2, **values), trials.ask(3)])
