"""Processes forked from one that has imported TensorFlow and TFX: what they run is the same, but starts in no time.

A test takes such a process where the start is not what it is about. Each still has its own memory, files and exit code.
"""

import atexit
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

IMPORTED = [
    *("pipeline.config.prepare", "pipeline.data.inspection", "pipeline.run.local", "pipeline.run.report"),
    "pipeline.run.summary",
    *("components.evaluator.executor", "components.report.executor", "components.trainer.executor"),
    *("components.transform.executor", "components.tuner.executor"),
    *("components.learning.learn", "components.tuner.trial", "reactive_schedules.search.script.given"),
]


@cache
def forks() -> ForkServerContext:
    """The context that starts them; there can be one in a process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def run_script(
    script: Path, arguments: list[str], cwd: Path, env: Mapping[str, str], output: Path, limit: float
) -> int:
    """Runs a script as `python SCRIPT ARGUMENTS` does, apart from its imports; returns the exit code.

    Args:
        script: Script.
        arguments: Its arguments.
        cwd: Working directory.
        env: All of its environment.
        output: Folder for the files `stdout` and `stderr`.
        limit: Seconds after which it is killed.
    """
    process = forks().Process(target=_run, args=(str(script), arguments, str(cwd), dict(env), str(output)))
    process.start()
    process.join(limit)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{script.name} took longer than {limit} s; its output is in {output}")
    return process.exitcode


def _run(script: str, arguments: list[str], cwd: str, env: dict[str, str], output: str) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(f"{output}/{name}", os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (until the process ends)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115
    tempfile.tempdir = None  # as TMPDIR says, not as it said at the import
    sys.argv = [script, *arguments]
    sys.path[:0] = [str(Path(script).parent), *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing skips them
