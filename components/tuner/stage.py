"""Runs trials as one Beam stage, whatever becomes of the processes that it runs in.

Beam's local runner waits for ever for a worker process that has died. Where there are such processes, the stage
therefore runs in a process group of its own, which is watched, ended when a worker died, and begun again without
the trial that the worker was at.
"""

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions

from components.tuner.journal import Ask, Journal
from components.tuner.trial import RunTrial, failure

LOOK_EVERY_S = 0.5
IDLE_LIMIT_S = 900
"""How long workers may be without a trial: they import TensorFlow and read the data in that time."""

WORKER_DIED = 3  # exit code

Watch = Callable[[], None]


def run(
    arguments: Sequence[str],
    make_pipeline: Callable[[], beam.Pipeline],
    trials: RunTrial,
    asks: Iterable[Ask],
    journal: Journal,
    watch: Watch,
) -> None:
    """Returns when each trial's result is in the journal.

    Args:
        arguments: of Beam's pipelines.
        make_pipeline: makes one with them.
        trials: what runs a trial.
        asks: the trials.
        journal: where `trials` writes.
        watch: called now and then while other processes run the trials.

    Raises:
        RuntimeError: the stage itself failed, not a trial.
    """
    pending = _pending(asks, journal)
    if pending and not _has_processes(arguments):
        with make_pipeline() as pipeline:
            _stage(pipeline, trials, pending)
        pending = _pending(pending, journal)
    else:
        starts_left = 3
        while pending and starts_left:
            for ask in _run_apart(arguments, trials, pending, journal, watch):
                journal.write(ask, failure("WorkerDied: its process was killed, as it is without memory"))
            before, pending = pending, _pending(pending, journal)
            starts_left = starts_left - 1 if len(pending) == len(before) else 3
    if pending:
        raise RuntimeError(
            f"{len(pending)} trials were not run: the workers end before they begin; see the log"
        )


def _pending(asks: Iterable[Ask], journal: Journal) -> list[Ask]:
    return [ask for ask in asks if journal.result(ask) is None]


def _stage(pipeline: beam.Pipeline, trials: RunTrial, asks: Sequence[Ask]) -> None:
    _ = pipeline | "Trials" >> beam.Create(asks) | "OneEach" >> beam.Reshuffle() | "Run" >> beam.ParDo(trials)


def _has_processes(arguments: Sequence[str]) -> bool:
    """Whether Beam's local runner is to start worker processes."""
    options = PipelineOptions(list(arguments))
    runner = options.view_as(StandardOptions).runner or "DirectRunner"
    mode = options.view_as(DirectOptions).direct_running_mode
    return mode == "multi_processing" and runner.rpartition(".")[2] in ("DirectRunner", "FnApiRunner")


def _run_apart(
    arguments: Sequence[str], trials: RunTrial, asks: Sequence[Ask], journal: Journal, watch: Watch
) -> list[Ask]:
    """Runs the stage until it ends or a worker dies; returns the trials that workers have died of."""

    def abandoned() -> list[Ask]:
        return [ask for ask in asks if journal.abandoned(ask)]

    for ask in asks:
        journal.forget_starts(ask)
    process = subprocess.Popen(
        [sys.executable, "-m", "components.tuner.stage"],
        stdin=subprocess.PIPE,
        env=_environment(arguments),
        start_new_session=True,
    )
    try:
        # It ends when this pipe does, that is with this process at the latest.
        pickle.dump((list(arguments), trials, list(asks)), process.stdin)
        process.stdin.flush()
        idle_since = time.monotonic()
        while process.poll() is None and _pending(asks, journal) and not abandoned():
            time.sleep(LOOK_EVERY_S)
            watch()
            if any(journal.busy(ask) for ask in asks):
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_LIMIT_S:
                logging.error("No trial was begun for %d s.", IDLE_LIMIT_S)
                break
        if process.returncode not in (None, 0, WORKER_DIED):
            raise RuntimeError(f"the Beam stage ended with exit code {process.returncode}; see the log")
        return abandoned()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()


def _environment(arguments: Sequence[str]) -> dict[str, str]:
    """For worker processes: what this one can import, and a share of the cores."""
    cores = len(os.sched_getaffinity(0))
    workers = PipelineOptions(list(arguments)).view_as(DirectOptions).direct_num_workers or cores
    threads = str(max(1, cores // workers))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    shares = {name: threads for name in names if name not in os.environ}
    return {**os.environ, **shares, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _main() -> None:
    """Runs a stage that comes on the standard input, and ends with it, its workers included."""
    arguments, trials, asks = pickle.load(sys.stdin.buffer)
    threading.excepthook = _end_with_worker
    threading.Thread(target=_end_with_input, daemon=True).start()
    with beam.Pipeline(argv=arguments) as pipeline:
        _stage(pipeline, trials, asks)


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _end_with_worker(failed: threading.ExceptHookArgs) -> None:
    sys.excepthook(failed.exc_type, failed.exc_value, failed.exc_traceback)
    if failed.thread.name == "run_worker":  # Beam's, which waits for a worker process
        os._exit(WORKER_DIED)


if __name__ == "__main__":
    _main()
