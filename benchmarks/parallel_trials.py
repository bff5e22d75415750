"""A search in one process and in two: seconds of the Tuner.

The job is the digits example with eight trials of the same length, half a minute or more each: no reaction to a
plateau, which would end some of them early. Both sides are run as a user runs them, by `local_runner.py` with
another `search.processes`, in turns, and interrupted after the Tuner; what is compared is its line, with the
start of the worker processes in it. The data is prepared once: all runs share a workspace, and each has a seed of its
own, so that nothing of the Tuner is cached.

    python -m benchmarks.parallel_trials [--repeats 1]
"""

import functools
import itertools
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.processes import ROOT
from benchmarks.measuring.table import Table
from benchmarks.measuring.turns import in_turns

GOAL = 1.8
"""Times as fast as one process that two should be."""


@benchmark
@size("--repeats", full=1, quick=1, type=click.IntRange(min=1), help="Runs of each side.")
@size("--trials", full=8, quick=2, type=click.IntRange(min=1), help="Of the search.")
@size("--epochs", full=500, quick=2, type=click.IntRange(min=1), help="Of a trial.")
@size("--workers", full=2, quick=2, type=click.IntRange(min=2), help="Processes.")
def main(repeats: int, trials: int, epochs: int, workers: int) -> None:
    """Compares a search in one process with the same in several."""
    sides = {"one process": 1, f"{workers} processes": workers}
    seeds = itertools.count(1)
    with tempfile.TemporaryDirectory() as folder:

        def run(side: str) -> float:
            config = configuration(trials, epochs, next(seeds), sides[side])
            seconds = tuner_seconds(config, Path(folder))
            click.echo(f"{side:<12} {seconds:8.1f} s", err=True)
            return seconds

        runs = in_turns({side: functools.partial(run, side) for side in sides}, repeats)
    one, several = (statistics.median(seconds) for seconds in runs.values())
    table = Table(12, ("Tuner s", 10))
    click.echo(table.heading())
    for side, seconds in zip(runs, (one, several), strict=True):
        click.echo(table.row(side, f"{seconds:.1f}"))
    click.echo(f"{table.row('ratio', f'{one / several:.2f}')}   goal: at least {GOAL} on two cores")


def configuration(trials: int, epochs: int, seed: int, processes: int) -> dict:
    """The digits example with trials of equal length."""
    config = yaml.safe_load((ROOT / "examples" / "digits.yaml").read_text(encoding="utf-8"))
    config["training"] |= {"epochs": epochs, "plateau": None, "seed": seed}
    config["search"] = {
        "trials": trials,
        "processes": processes,
        "folds": 0,
        "space": {"learning_rate": {"peak": {"low": 0.005, "high": 0.05, "log": True}}},
    }
    return config


def tuner_seconds(config: dict, place: Path) -> float:
    """Runs the pipeline up to the Tuner; what the console says of that.

    Raises:
        click.ClickException: the run failed; the message is its output.
    """
    file = place / "config.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [sys.executable, "local_runner.py", "--config", file, "--workspace", place / "workspace"]
    lines = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if found := re.match(r"✓ Tuner +done +([\d.]+) s", line):
                process.send_signal(signal.SIGINT)
                process.communicate()
                return float(found[1])
    raise click.ClickException("".join(lines))


if __name__ == "__main__":
    main()
