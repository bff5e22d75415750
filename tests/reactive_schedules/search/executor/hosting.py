"""A search that hosts its workers' scheduler, as tests kill it: `python -m …hosting FOLDER URI EPOCH_S DATA`."""

import sys
from pathlib import Path

from reactive_schedules.search.executor.cluster import Cluster
from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.hosting import hosted
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.store import Store
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials


def search(
    folder: Path, uri: str, epoch_s: float, data: Path, asks: list, nobody_s: float = 120.0
) -> list[dict]:
    """Runs trials on the workers that find the search in the store, and have its data already."""
    store = Store(uri)
    setting = {"folder": str(folder), "epoch_s": epoch_s, "copies": "data"}
    work = Work(trials.FUNCTION, setting, inputs={"data": str(data)})
    journal = Journal(folder / "journal", store.below("journal"))
    with (
        hosted(store) as (address, tls),
        Cluster(address, work, journal, tls, nobody_s=nobody_s, have_inputs=True) as cluster,
        Coordinator(work, journal, None, cluster=cluster) as coordinator,
    ):
        return coordinator.run(asks)


if __name__ == "__main__":
    asks = [trials.ask(number) for number in (1, 2, 3, 4)]
    search(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), Path(sys.argv[4]), asks)
