"""Pipelines in worker processes."""

import os
import pathlib
import signal
import sys

import apache_beam as beam
import pytest

from components.workers.runner import WorkerEnded
from pipeline.run.beam import arguments


def run(function, elements, tmp_path, processes: int = 1) -> set[str]:
    """Maps the elements in worker processes; returns the results as text."""
    configured = ["--direct_running_mode=multi_processing", f"--direct_num_workers={processes}"]
    with beam.Pipeline(argv=arguments(configured)) as pipeline:
        _ = (
            pipeline
            | beam.Create(elements)
            | beam.Reshuffle()
            | beam.Map(function)
            | beam.Map(str)
            | beam.io.WriteToText(str(tmp_path / "out"))
        )
    return {line for file in tmp_path.glob("out*") for line in file.read_text().split()}


def test_data_validation_can_be_unpickled_in_a_worker(tmp_path):
    import tfx  # noqa: F401 (the other needs it)
    from tensorflow_data_validation.utils.stats_util import maybe_get_utf8

    assert run(maybe_get_utf8, [b"text"], tmp_path) == {"text"}


def test_worker_processes_can_import_the_same_modules_as_this_one(tmp_path, monkeypatch):
    (tmp_path / "beside_the_data.py").write_text("import os\ndef process(_): return os.getpid()")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    import beside_the_data  # pyright: ignore[reportMissingImports]

    processes = run(beside_the_data.process, range(20), tmp_path, processes=2)
    assert 1 <= len(processes) <= 2
    assert str(os.getpid()) not in processes


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_is_killed_fails_the_pipeline(tmp_path):
    with pytest.raises(WorkerEnded, match="SIGKILL; the machine may have run out of memory") as raised:
        run(dies, [str(tmp_path / "pid")], tmp_path)
    assert raised.value.pid == int((tmp_path / "pid").read_text())


def dies(file):
    with pathlib.Path(file).open("w", encoding="utf-8") as written:
        written.write(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_cannot_start_fails_the_pipeline(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="worker process ended with exit code 1"):
        run(abs, [1], tmp_path)


def test_workers_share_the_cores(tmp_path):
    assert run(threads, range(4), tmp_path, processes=2) == {str(max(1, len(os.sched_getaffinity(0)) // 2))}


def threads(_):
    return os.environ["TF_NUM_INTRAOP_THREADS"]
