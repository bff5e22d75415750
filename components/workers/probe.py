"""What a worker on an engine sees: asked before a run, so that a mistake costs seconds and nothing of the work."""

import json
import platform
import threading
from concurrent import futures
from importlib import metadata
from pathlib import Path

import apache_beam as beam

from components.workers.engine import EngineError
from reactive_schedules.version import __version__

PACKAGES = ("apache-beam", "tensorflow-cpu", "tensorflow", "tfx", "pyarrow", "numpy")
"""Packages whose releases must agree."""

LIMIT_S = 300
"""Seconds for a worker to start, which takes ten, and to answer."""


def versions() -> dict[str, str]:
    """Releases of Python, of this project, and of the packages that are installed."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "reactive-schedules": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def look(folder: str) -> None:
    """Runs in a worker: reads the question in a folder, and writes what is here beside it."""
    question, answer = Path(folder, "question"), Path(folder, "answer")
    seen = question.read_text(encoding="utf-8") if question.is_file() else None
    if seen is not None:
        answer.write_text(json.dumps({"seen": seen, "versions": versions()}), encoding="utf-8")


def ask(folder: Path, question: str, arguments: list[str]) -> dict | None:
    """Asks a worker to read a folder and to write into it.

    Args:
        folder: Folder that both see.
        question: Text that was never there before.
        arguments: Beam's arguments.

    Returns:
        The releases that the worker has; None if it does not see the folder.

    Raises:
        EngineError: The engine is not set up for jobs, or does not answer in time.
        JobFailed: The job failed.
    """
    (folder / "question").write_text(question, encoding="utf-8")
    finished: futures.Future[None] = futures.Future()
    # Beam waits for some answers of a job server without limit.
    threading.Thread(target=_run, args=(folder, arguments, finished), daemon=True).start()
    try:
        finished.result(timeout=LIMIT_S)
    except TimeoutError:
        raise EngineError(
            f"beam: the engine has not run a first, small job within {LIMIT_S} s; see that it has free slots and that "
            "its workers run"
        ) from None
    try:
        answer = json.loads((folder / "answer").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return answer["versions"] if answer["seen"] == question else None


def _run(folder: Path, arguments: list[str], finished: futures.Future[None]) -> None:
    try:
        with beam.Pipeline(argv=arguments) as pipeline:
            _ = pipeline | beam.Create([str(folder)]) | beam.Map(look)
    except BaseException as error:
        finished.set_exception(error)
    else:
        finished.set_result(None)
