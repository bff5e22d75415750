"""The whole pipeline, ours against TFX's own components: seconds of wall clock and of CPU.

Both sides do the job of `taxi.yaml` on the 15,002 taxi trips that come with TFX: read the CSV, check it, transform
it, search a learning rate, train, evaluate on the same held-out rows, push. Same splits, same network, same
optimizer, trials, epochs and batch size. The runs alternate, each in a fresh process with an empty workspace, so
that other load on the machine meets both sides alike; CPU seconds hardly depend on it.

The other side is TFX as its penguin template and example use it: `from tfx import v1 as tfx`, LocalDagRunner, the
generic Tuner and Trainer, functions named by dotted path, the example's input function and one feature per column,
TFX's defaults. Where the choice is open it is the faster one: Beam in memory and without a search for Prism, no
module file (which each component would install with pip), no MirroredStrategy, one line of progress per epoch.

    python -m benchmarks.pipeline [--repeats 2]
"""

import dataclasses
import functools
import importlib.util
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.processes import ROOT, cost_of
from benchmarks.measuring.table import Table
from benchmarks.measuring.turns import in_turns

JOB = ROOT / "benchmarks" / "taxi.yaml"
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


@benchmark
@size("--repeats", full=2, quick=1, type=click.IntRange(min=1), help="Runs of each side.")
@size("--epochs", full=5, quick=1, type=click.IntRange(min=1), help="Of the training and of each trial.")
@size("--trials", full=4, quick=1, type=click.IntRange(min=1), help="Of the search.")
@size("--warm-ups", full=1, quick=0, type=click.IntRange(min=0), help="Imports of TFX before the first run.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the workspaces; without it they are deleted.",
)
def main(repeats: int, epochs: int, trials: int, warm_ups: int, keep: Path | None) -> None:
    """Compares the whole pipeline with TFX's own components."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        data = folder / "taxi"
        data.mkdir(parents=True)
        # All of them also in a quick run: of fewer, TFX infers types that no longer fit all splits.
        shutil.copy(trips(), data)
        job = folder / "job.yaml"
        job.write_text(yaml.safe_dump(job_of(epochs, trials)), encoding="utf-8")
        commands = {
            "ours": ["local_runner.py", "--config", job, "--data", data, "--label", LABEL, "--workspace"],
            "stock": ["-m", "benchmarks.stock.pipeline", job, data],
        }
        numbers = itertools.count(1)

        def run(side: str) -> Result:
            workspace = folder / f"{side}-{next(numbers)}"
            click.echo(f"{side}, run {workspace.name.rpartition('-')[2]} of {2 * repeats}", err=True)
            cost = cost_of([sys.executable, *commands[side], workspace], workspace.with_suffix(".log"))
            return Result(side, cost.wall, cost.cpu, evaluated_rmse(workspace))

        # TensorFlow is a gigabyte to read: not at the cost of whoever comes first.
        for _ in range(warm_ups):
            subprocess.run([sys.executable, "-c", "from tfx import v1"], check=True, capture_output=True)
        runs = in_turns({side: functools.partial(run, side) for side in commands}, repeats)
    click.echo(table([*itertools.chain.from_iterable(zip(*runs.values(), strict=True))]))


def trips() -> Path:
    """The file that TFX brings."""
    found = importlib.util.find_spec("tfx")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "examples/chicago_taxi_pipeline/data/simple/data.csv"


def job_of(epochs: int, trials: int) -> dict:
    """`taxi.yaml` with so many epochs and trials."""
    job = yaml.safe_load(JOB.read_text(encoding="utf-8"))
    job["training"]["epochs"], job["search"]["trials"] = epochs, trials
    return job


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
    columns = Table(8, ("wall s", 8), ("CPU s", 8), ("test RMSE", 11))
    lines = [columns.heading()]
    lines += [columns.row(r.side, f"{r.wall:.1f}", f"{r.cpu:.1f}", f"{r.rmse:.3f}") for r in results]
    medians = {
        side: [
            statistics.median(getattr(r, name) for r in results if r.side == side) for name in ("wall", "cpu")
        ]
        for side in ("ours", "stock")
    }
    lines.append("medians")
    lines += [columns.row(side, f"{wall:.1f}", f"{cpu:.1f}") for side, (wall, cpu) in medians.items()]
    wall, cpu = (ours / stock for ours, stock in zip(*medians.values(), strict=True))
    lines.append(f"{columns.row('ratio', f'{wall:.2f}', f'{cpu:.2f}')}   goal: wall at most {GOAL}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
