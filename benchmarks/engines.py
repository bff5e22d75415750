"""What more machines bring: seconds of each Beam component here, and on Flink with one and two task managers.

The pipeline runs on a table of random rows in eight CSV files (`--no-tune`, one epoch, the default model): in one
process, then on session clusters whose task managers have one slot, one worker pool and one worker each. A component
lasts from the creation to the last change of its execution in ML Metadata. A table of few rows shows what a component
costs before it has read a row. If the rest were divided evenly among task managers with cores of their own, that start
would be half of the time at as many million rows as the last columns say for 4, 16 and 64 of them; with fewer rows, so
many hardly pay. An estimate, not a measurement.

Needs Java and the jars of `make flink-test`.

    python -m benchmarks.engines [--rows 1000000]
"""

import tempfile
from pathlib import Path

import click

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.rows import Shape, write_parts
from benchmarks.measuring.table import Table
from benchmarks.measuring.timeline import intervals
from benchmarks.scale import COMPARED, MIXED, job, trained
from tests.engines import jars, running

FILES = 8
FEW = 1_000
LATER = (4, 16, 64)


@benchmark
@size("--rows", full=1_000_000, quick=4_000, type=click.IntRange(min=FILES), help="Of the table.")
def main(rows: int) -> None:
    """Measures and prints a table of seconds."""
    if reason := jars.missing("flink"):
        raise click.ClickException(reason)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        many, few = (
            write_parts(Shape(count, **MIXED), folder / f"{count} rows", FILES) for count in (rows, FEW)
        )
        here = seconds(many, folder / "local", [])
        with running.flink(folder / "flink-1", 1) as (_, words):
            start = seconds(few, folder / "start", words)
            one = seconds(many, folder / "one", words)
        with running.flink(folder / "flink-2", 2) as (_, words):
            two = seconds(many, folder / "two", words)
    table = Table(
        14,
        *((name, 7) for name in ("local", "few", "1", "2", "1/2")),
        *((f"~{count}", 6) for count in LATER),
    )
    click.echo(f"{rows:,} rows; seconds on this machine and on Flink with a few rows, 1 and 2 task managers;")
    click.echo("million rows with which 4, 16 and 64 task managers would spend half of the time on the start")
    click.echo(table.heading())
    for name in COMPARED:
        half = rows / 1e6 * start[name] / max(one[name] - start[name], 0.1)  # for each task manager
        measured = (here[name], start[name], one[name], two[name])
        cells = [*(f"{value:.1f}" for value in measured), f"{one[name] / two[name]:.2f}"]
        click.echo(table.row(name, *cells, *(f"{half * count:.0f}" for count in LATER)))


def seconds(data: Path, workspace: Path, words: list[str]) -> dict[str, float]:
    """Seconds of each component."""
    trained(data, workspace, {**job(), "beam": words})
    return {name: end - start for name, (start, end) in intervals(workspace / "metadata.db").items()}


if __name__ == "__main__":
    main()
