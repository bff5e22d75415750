"""What more machines bring: seconds of each Beam component here, and on Flink with one and two task managers.

The pipeline runs on a table of random rows in eight CSV files (`--no-tune`, one epoch, the default model): in one
process, then on session clusters whose task managers have one slot, one worker pool and one worker each. A component
lasts from the creation to the last change of its execution in ML Metadata. A table of few rows shows what a component
costs before it has read a row; with that, the last columns say what 4, 16 and 64 task managers would take, if all else
were divided evenly among them: an estimate, not a measurement.

Needs Java and the jars of `make flink-test`.

    python -m benchmarks.engines [--rows 1000000]
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import click
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.rows import LABEL, Shape, write
from benchmarks.measuring.table import Table
from benchmarks.measuring.timeline import intervals, watched
from benchmarks.scale import COMPARED, MIXED, job
from tests.engines import jars, running
from tests.engines.conftest import beam

FILES = 8
FEW = 1_000
LATER = (4, 16, 64)


@benchmark
@size("--rows", full=1_000_000, quick=1_000, type=click.IntRange(min=FILES), help="Of the table.")
def main(rows: int) -> None:
    """Measures and prints a table of seconds."""
    if reason := jars.missing("flink"):
        raise click.ClickException(reason)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        many, few = (data(count, folder / f"data-{count}") for count in (rows, FEW + FILES))
        here = seconds(many, folder / "local", [])
        with flink(1, folder / "one") as words:
            start = seconds(few, folder / "start", words)
            one = seconds(many, folder / "one", words)
        with flink(2, folder / "two") as words:
            two = seconds(many, folder / "two", words)
    table = Table(
        14,
        *((name, 7) for name in ("local", "few", "1", "2", "1/2")),
        *((f"~{count}", 6) for count in LATER),
    )
    click.echo(f"{rows:,} rows; seconds on this machine and on Flink with a few rows, 1 and 2 task managers")
    click.echo(table.heading())
    for name in COMPARED:
        expected = (start[name] + (one[name] - start[name]) / count for count in LATER)
        measured = (here[name], start[name], one[name], two[name])
        cells = [*(f"{value:.1f}" for value in measured), f"{one[name] / two[name]:.2f}"]
        click.echo(table.row(name, *cells, *(f"{value:.0f}" for value in expected)))


def data(rows: int, folder: Path) -> Path:
    """A table in several files: a CSV file is read by one worker."""
    folder.mkdir()
    each = rows // FILES
    for part in range(FILES):
        write(Shape(each, **MIXED), folder / f"{part}.csv", first=part * each)
    return folder


@contextlib.contextmanager
def flink(task_managers: int, folder: Path):
    """A session cluster, with Beam's arguments for it."""
    folder.mkdir()
    cluster = running.FlinkCluster(folder, task_managers)
    with (
        contextlib.closing(cluster),
        running.job_server("flink", f"localhost:{cluster.rest}", folder) as (_, port),
        running.pool(folder / "pool.log") as (_, pool),
    ):
        yield beam(port, pool, f"--parallelism={task_managers}")


def seconds(source: Path, folder: Path, words: list[str]) -> dict[str, float]:
    """Seconds of each component."""
    folder.mkdir(exist_ok=True)
    config, workspace = folder / "config.yaml", folder / "workspace"
    config.write_text(yaml.safe_dump({**job(), "beam": words}), encoding="utf-8")
    arguments = [
        "--config",
        config,
        "--data",
        source,
        "--label",
        LABEL,
        "--no-tune",
        "--workspace",
        workspace,
    ]
    watched([sys.executable, "local_runner.py", *arguments], folder / "run.log")
    return {name: end - start for name, (start, end) in intervals(workspace / "metadata.db").items()}


if __name__ == "__main__":
    main()
