"""A search in a process of its own, which tests kill: `python -m …searching FOLDER PROCESSES EPOCH_S [FAULT EPOCH]`."""

import sys
from pathlib import Path

from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials

if __name__ == "__main__":
    folder, processes, epoch_s, *fault = sys.argv[1:]
    work = Work(trials.FUNCTION, {"folder": folder, "epoch_s": float(epoch_s)})
    values = {fault[0]: int(fault[1])} if fault else {}
    with Coordinator(work, Journal(Path(folder, "journal")), None, int(processes)) as coordinator:
        coordinator.run([trials.ask(1), trials.ask(2, **values), trials.ask(3)])
