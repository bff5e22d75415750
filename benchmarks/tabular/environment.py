"""The environment of the rivals: LightGBM and pytabkit, which the project itself does not need."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.measuring.processes import ROOT, cost_of

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = ROOT / ".rivals"
ONE_THREAD = {
    **os.environ,
    **dict.fromkeys(
        ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"], "1"
    ),
}
"""Variables of a process whose libraries compute on one thread."""


def python() -> Path:
    """The interpreter of the environment, which is built first if it is missing or the requirements have changed.

    Raises:
        click.ClickException: uv is missing, or could not build it.
    """
    interpreter, built_from = FOLDER / "bin/python", FOLDER / "requirements.txt"
    if built_from.exists() and built_from.read_bytes() == REQUIREMENTS.read_bytes():
        return interpreter
    uv = shutil.which("uv") or shutil.which(ROOT / ".tools/bin/uv")
    if not uv:
        raise click.ClickException("The rivals need uv, which make .tools/bin/uv installs.")
    click.echo(f"Building the environment of the rivals in {FOLDER}; PyTorch and what it needs are 5 GB.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        cost_of([uv, "venv", "--no-config", "--python", sys.executable, FOLDER], log)
        cost_of([uv, "pip", "install", "--no-config", "--python", interpreter, "-r", REQUIREMENTS], log)
    shutil.copy(REQUIREMENTS, built_from)
    return interpreter
