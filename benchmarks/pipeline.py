"""The whole pipeline, ours against TFX's own components: seconds of wall clock and of CPU.

Both sides do the job of `taxi.yaml` on the 15,002 taxi trips that come with TFX: read the CSV, check it, transform
it, search a learning rate, train, evaluate on the same held-out rows, push. Same splits, same network, same
optimizer, trials, epochs and batch size. The runs alternate, each in a fresh process with an empty workspace, so
that other load on the machine meets both sides alike; CPU seconds hardly depend on it.

The other side is TFX as its penguin template and example use it: `from tfx import v1 as tfx`, LocalDagRunner, the
generic Tuner and Trainer, functions named by dotted path, the example's input function and one feature per column,
TFX's defaults. Where the choice is open it is the faster one: Beam in memory and without a search for Prism, no
module file (which each component would install with pip), no MirroredStrategy, one line of progress per epoch.
"""

import dataclasses
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
JOB = ROOT / "benchmarks" / "taxi.yaml"
DATA = "examples/chicago_taxi_pipeline/data/simple/data.csv"
LABEL = "tips"
GOAL = 0.6
"""Share of the stock pipeline's wall seconds that ours may take."""


@dataclasses.dataclass(frozen=True)
class Result:
    """One run: `side` (ours or stock), seconds of wall clock and of CPU, and RMSE on the test split."""

    side: str
    wall: float
    cpu: float
    rmse: float


@click.command()
@click.option(
    "--repeats", type=click.IntRange(min=1), default=2, show_default=True, help="Runs of each side."
)
def main(repeats: int) -> None:
    """Compares the whole pipeline with TFX's own components."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "taxi")
        data.mkdir()
        shutil.copy(Path(importlib.util.find_spec("tfx").origin).parent / DATA, data)
        commands = {
            "ours": ["local_runner.py", "--config", JOB, "--data", data, "--label", LABEL, "--workspace"],
            "stock": ["-m", "benchmarks.stock_tfx", JOB, data],
        }
        # TensorFlow is a gigabyte to read: not at the cost of whoever comes first.
        subprocess.run([sys.executable, "-c", "from tfx import v1"], check=True, capture_output=True)
        runs = []
        for number in range(1, repeats + 1):
            for side, command in commands.items():
                workspace = Path(folder, f"{side}-{number}")
                click.echo(f"run {number} of {repeats}: {side}", err=True)
                wall, cpu = timed([sys.executable, *command, workspace], Path(folder, f"{side}-{number}.log"))
                runs.append((side, wall, cpu, workspace))
        results = [Result(side, wall, cpu, evaluated_rmse(workspace)) for side, wall, cpu, workspace in runs]
    click.echo(table(results))


def timed(command: Sequence[str | Path], log: Path) -> tuple[float, float]:
    """Runs a process, its output into a file; wall and CPU seconds of it and of its children.

    Raises:
        click.ClickException: it failed; the message ends with the end of its output.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = log.read_text(errors="replace")[-3000:]
        raise click.ClickException(f"{' '.join(map(str, command))} exited with {process.returncode}:\n{end}")
    return wall, usage.ru_utime + usage.ru_stime


def evaluated_rmse(workspace: Path) -> float:
    """What Evaluator measured.

    Raises:
        click.ClickException: the run did not end with a model in `workspace/serving`.
    """
    import tensorflow_model_analysis as tfma

    if not list(workspace.glob("serving/*/saved_model.pb")):
        raise click.ClickException(f"{workspace}: no model was pushed, so there is nothing to compare")
    (evaluation,) = workspace.glob("artifacts/**/Evaluator/evaluation/*")
    return tfma.load_eval_result(str(evaluation)).get_metrics_for_all_slices()[()]["rmse"]["doubleValue"]


def table(results: Sequence[Result]) -> str:
    """All runs, their medians per side, and the ratios."""
    lines = [f"{'':<8}{'wall s':>8}{'CPU s':>8}{'test RMSE':>11}"]
    lines += [f"{r.side:<8}{r.wall:8.1f}{r.cpu:8.1f}{r.rmse:11.3f}" for r in results]
    median = {
        side: [
            statistics.median(getattr(r, name) for r in results if r.side == side) for name in ("wall", "cpu")
        ]
        for side in ("ours", "stock")
    }
    lines.append("medians")
    lines += [f"{side:<8}{wall:8.1f}{cpu:8.1f}" for side, (wall, cpu) in median.items()]
    wall, cpu = (ours / stock for ours, stock in zip(median["ours"], median["stock"], strict=True))
    lines.append(f"{'ratio':<8}{wall:8.2f}{cpu:8.2f}   goal: wall at most {GOAL}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
