"""The fault table of trials on a Dask cluster, with a real scheduler, real workers and real signals."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reactive_schedules.search.executor import environment, machine
from reactive_schedules.search.executor.address import ClusterError, Tls
from reactive_schedules.search.executor.cluster import Cluster
from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import LOGS, Journal
from reactive_schedules.search.executor.scheduler import connect
from reactive_schedules.search.executor.store import Store
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials
from tests.reactive_schedules.search.executor.clusters import DaskCluster, certificate
from tests.reactive_schedules.search.executor.test_faults import is_running, wait_until
from tests.reactive_schedules.search.executor.trials import ask

SILENCE_S = 2.0


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def workers(scheduler) -> Iterator[list[subprocess.Popen]]:
    """Two workers, `w1` and `w2`."""
    found = [scheduler.worker(name) for name in ("w1", "w2")]
    yield found
    scheduler.end(*found)


@pytest.fixture
def run(scheduler, tmp_path):
    """Runs asks on the cluster; returns the results."""

    def run(
        asks, watch=lambda running, results: None, store=None, nobody_s=60.0, code=(), inputs=None, **setting
    ):
        work = Work(trials.FUNCTION, {"folder": str(tmp_path), **setting}, 1, inputs or {}, code)
        journal = Journal(tmp_path / "journal", store)
        with (
            Cluster(scheduler.address, work, journal, None, SILENCE_S, nobody_s) as cluster,
            Coordinator(work, journal, None, 1, watch, SILENCE_S, cluster) as coordinator,
        ):
            return coordinator.run(asks)

    return run


class Once:
    """A watch that does something to the worker of a trial as soon as that has finished an epoch."""

    def __init__(self, number: int, action) -> None:
        self._number, self._action = number, action
        self.workers: dict[int, list[str]] = {}
        """Names of the workers, by trial."""
        self.done = False

    def __call__(self, running, results) -> None:
        for each in running:
            names = self.workers.setdefault(each.ask.number, [])
            if each.worker not in names:
                names.append(each.worker)
            if each.ask.number == self._number and each.epochs and not self.done:
                self.done = True
                self._action(each.worker)


def executions(results) -> dict:
    return {result["number"]: result["executions"] for result in results}


def pid(folder: Path, number: int) -> int:
    return int((folder / f"pid-{number}").read_text(encoding="utf-8"))


def test_two_workers_give_the_results_of_one_process(run, workers, alone, tmp_path):
    watch = Once(0, None)
    found = run([ask(number) for number in range(1, 6)], watch, epoch_s=0.05)
    assert executions(found) == alone
    assert {(result["threads"], result["processor"]) for result in found} == {(1, machine.processor())}
    assert {names[0][:2] for names in watch.workers.values()} == {"w1", "w2"}
    assert len([*(tmp_path / "journal" / LOGS).iterdir()]) == 5
    wait_until(
        lambda: not any(is_running(pid(tmp_path, number)) for number in alone)
    )  # they leave at the end


def test_without_a_shared_folder_all_goes_through_the_store(run, workers, alone, scheduler, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "start").write_text("1", encoding="utf-8")
    store = Store(f"file://{tmp_path}/store/search")
    asks = [ask(1), ask(2, dies_once=3), ask(3), ask(4, dies=5)]
    found = run(asks, store=store, inputs={"data": str(data)}, copies="data")
    assert {**executions(found), 4: alone[4]}.items() <= alone.items()
    assert "3 times after epoch 4" in found[3]["error"]
    # What the processes read was in the workers' own folders, which are empty again.
    read = {Path(line) for line in (tmp_path / "read").read_text(encoding="utf-8").split()}
    scratch = [scheduler.scratch(name) for name in ("w1", "w2")]
    assert all(any(path.is_relative_to(folder) for folder in scratch) for path in read)
    wait_until(lambda: not any(path.exists() for path in read))
    assert not [*(tmp_path / "journal").glob("trial-*/*/execution-*")]
    logs = sorted(file.name for file in (tmp_path / "journal" / LOGS).iterdir())
    assert len(logs) == 1 + 2 + 1 + 3
    second = (tmp_path / "journal" / LOGS / "trial-0002-attempt-2.log").read_text(encoding="utf-8")
    assert "trial 2 begins after epoch 3" in second
    # Another machine could go on with this.
    assert executions(Journal(tmp_path / "elsewhere", store).results()) == executions(found)


def test_a_trial_whose_worker_is_killed_goes_on_in_another(run, workers, alone, tmp_path):
    watch = Once(2, lambda name: workers[int(name[1]) - 1].kill())
    found = run([ask(1), ask(2), ask(3)], watch, epoch_s=0.1)
    assert executions(found).items() <= alone.items()
    assert watch.done
    logs = [file.name for file in (tmp_path / "journal" / LOGS).glob("trial-0002-*")]
    assert len(logs) == 2


@pytest.mark.parametrize("fault", ["dies", "freezes"])
def test_a_trial_whose_process_is_lost_goes_on(run, workers, alone, fault):
    found = run([ask(1), ask(2, **{f"{fault}_once": 3}), ask(3)])
    assert executions(found).items() <= alone.items()


def test_a_trial_that_ends_its_process_three_times_has_failed_and_the_others_go_on(run, workers, alone):
    first, deadly, last = run([ask(1), ask(2, dies=4), ask(3)])
    assert (deadly["score"], deadly["executions"]) == (None, [])
    assert deadly["error"].startswith("WorkerEnded: the trial ended its process 3 times after epoch 3; ")
    assert (first["executions"], last["executions"]) == (alone[1], alone[3])


def test_a_frozen_worker_that_wakes_up_changes_nothing_and_can_be_used_again(run, workers, alone, tmp_path):
    frozen = {}

    def freeze(name: str) -> None:
        worker = workers[int(name[1]) - 1]
        worker.send_signal(signal.SIGSTOP)
        frozen.update(worker=worker, child=pid(tmp_path, 2))

    watch = Once(2, freeze)
    found = run([ask(1), ask(2, waits_once=2), ask(3)], watch, epoch_s=0.1)
    assert executions(found).items() <= alone.items()
    assert len(watch.workers[2]) == 2
    before = {file: file.read_bytes() for file in (tmp_path / "journal").rglob("*.json")}
    frozen["worker"].send_signal(signal.SIGCONT)
    wait_until(lambda: not is_running(frozen["child"]))
    assert {file: file.read_bytes() for file in (tmp_path / "journal").rglob("*.json")} == before
    again = Once(0, None)
    run([ask(4), ask(5)], again, epoch_s=0.1)
    assert len({names[0] for names in again.workers.values()}) == 2


def test_nobody_comes_and_late_workers_are_taken(run, scheduler, alone, caplog):
    caplog.set_level("INFO", logger="progress")
    late = []
    watch = Once(1, lambda name: late.append(scheduler.worker("late")))
    try:
        found = run([ask(number) for number in range(1, 6)], watch, nobody_s=0.5, epoch_s=0.4)
    finally:
        scheduler.end(*late)
    assert executions(found) == alone
    assert watch.workers[1] == [1]
    assert any(str(names[0]).startswith("late") for names in watch.workers.values())
    assert "cluster: no worker for " in caplog.text


def test_a_killed_search_keeps_finished_trials_and_finds_its_workers_free(
    scheduler, workers, alone, tmp_path
):
    command = [sys.executable, "-m", "tests.reactive_schedules.search.executor.searching"]
    journal = Journal(tmp_path / "journal")
    first = subprocess.Popen([*command, tmp_path, "1", "0.3", "--cluster", scheduler.address])
    wait_until(journal.results)
    first.kill()
    first.wait()
    kept = {result["number"] for result in journal.results()}
    pids = [int(file.read_text(encoding="utf-8")) for file in tmp_path.glob("pid-*")]
    logs = {file.name for file in (journal.folder / LOGS).iterdir()}
    again = [*command, tmp_path, "1", "0", "--cluster", scheduler.address]
    assert subprocess.run(again, timeout=600, check=False).returncode == 0
    wait_until(lambda: not any(map(is_running, pids)))
    assert executions(journal.results()).items() <= alone.items()
    assert len(journal.results()) == 3
    new = {file.name for file in (journal.folder / LOGS).iterdir()} - logs
    assert not any(name.startswith(f"trial-{number:04d}") for name in new for number in kept)


def test_an_interrupt_frees_the_workers_and_blames_no_trial(run, workers, alone, tmp_path):
    def interrupt(running, results):
        if any(each.epochs for each in running):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([ask(1), ask(2)], interrupt, epoch_s=0.3)
    assert [Journal(tmp_path / "journal").deaths(ask(number))[1] for number in (1, 2)] == [0, 0]
    pids = [int(file.read_text(encoding="utf-8")) for file in tmp_path.glob("pid-*")]
    wait_until(lambda: not any(map(is_running, pids)))
    found = run([ask(1), ask(2)])
    assert executions(found).items() <= alone.items()


def test_a_worker_with_other_code_is_refused_in_one_line(
    run, scheduler, alone, tmp_path, caplog, monkeypatch
):
    caplog.set_level("INFO", logger="progress")
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder, value in ((ours, 1), (other, 2)):
        folder.mkdir()
        (folder / "own_model.py").write_text(f"def build():\n    return {value}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(ours)
    found = [scheduler.worker("same", ours), scheduler.worker("different", other)]
    try:
        watch = Once(0, None)
        assert (
            executions(run([ask(1), ask(2)], watch, code=("own_model.build",), epoch_s=0.2)).items()
            <= alone.items()
        )
        wait_until(lambda: "worker different" in caplog.text or not run([ask(3)], code=("own_model.build",)))
        scheduler.end(found.pop(0))
        with pytest.raises(
            ClusterError,
            match=r"^cluster: no worker can be used; different \(127.*\): its code of own_model differs",
        ):
            run([ask(4)], code=("own_model.build",))
    finally:
        scheduler.end(*found)
    assert {name[:4] for names in watch.workers.values() for name in names} == {"same"}


def test_what_prevents_all_trials_is_raised_as_it_is(run, workers):
    with pytest.raises(trials.Unusable, match="data.path: has no rows"):
        run([ask(1)], fault="raises")


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        ({"keras": "3.14.0"}, "it has keras 3.14.0, this machine has 3.15.0; install the same versions"),
        ({"keras": None}, "it does not have keras, this machine has 3.15.0; install the same versions"),
        ({"own": None}, "it cannot import own; install it there"),
        ({"own": "b"}, "its code of own differs from this machine's; install the same code there"),
        ({}, None),
    ],
)
def test_the_difference_of_an_environment_is_named(theirs, says):
    ours = {"Python": "3.11", "keras": "3.15.0", "own": "a"}
    found = environment.difference(ours, {**ours, **theirs})
    assert found == says or (says and found and found.startswith(says))


def test_with_tls_a_connection_without_certificate_is_refused(tmp_path, alone):
    files, others = certificate(tmp_path / "ours"), certificate(tmp_path / "others")
    options = [
        f"--tls-ca-file={files['ca_file']}",
        f"--tls-cert={files['cert_file']}",
        f"--tls-key={files['key_file']}",
    ]
    with DaskCluster(tmp_path, "--protocol", "tls", *options) as secure:
        assert secure.address.startswith("tls://")
        secure.worker("w1")
        with pytest.raises(ClusterError, match="no scheduler answers"):
            connect(secure.address.replace("tls", "tcp"), timeout_s=3)
        with pytest.raises(ClusterError, match=r"tls: .* needs certificates; set tls"):
            connect(secure.address)
        with pytest.raises(ClusterError, match="no scheduler answers .*; check that tls"):
            connect(secure.address, Tls(**others), timeout_s=3)
        work, journal = Work(trials.FUNCTION, {"folder": str(tmp_path)}), Journal(tmp_path / "journal")
        with (
            Cluster(secure.address, work, journal, Tls(**files)) as cluster,
            Coordinator(work, journal, None, cluster=cluster) as coordinator,
        ):
            assert executions(coordinator.run([ask(1)])).items() <= alone.items()


def test_nobody_who_uses_no_cluster_imports_dask():
    code = (
        "import sys, components.tuner.settings, pipeline.config.search, pipeline.run.cluster, "
        "reactive_schedules.search.executor.coordinator; "
        "sys.exit(len({'dask', 'distributed', 'fsspec', 'tensorflow'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_cluster_that_scales_by_itself_stays_at_its_minimum(alone, tmp_path):
    from distributed import LocalCluster

    watch = Once(0, None)
    local: Any = LocalCluster  # calls itself a coroutine
    with local(n_workers=0, threads_per_worker=1, dashboard_address=None) as scaling:
        scaling.adapt(minimum=2, maximum=4, interval="200ms")
        work, journal = Work(trials.FUNCTION, {"folder": str(tmp_path)}), Journal(tmp_path / "journal")
        with (
            Cluster(scaling.scheduler_address, work, journal) as cluster,
            Coordinator(work, journal, None, 1, watch, cluster=cluster) as coordinator,
        ):
            found = coordinator.run([ask(number) for number in range(1, 6)])
        assert len(scaling.scheduler.workers) == 2
    assert executions(found) == alone
    assert all(isinstance(name, str) for names in watch.workers.values() for name in names)
