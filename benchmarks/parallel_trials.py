"""A search in one process and in two: seconds of the Tuner.

The job is the digits example with eight trials of the same length, half a minute or more each: no reaction to a
plateau, which would end some of them early. Both sides are run as a user runs them, by `local_runner.py` with
another `beam` in the configuration, in turns and with empty workspaces; what is compared is the line of the Tuner,
with the start of the worker processes in it.
"""

import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import yaml

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.7
"""Times as fast as one process that two should be."""


@click.command()
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Runs of each side."
)
@click.option("--trials", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), default=240, show_default=True, help="Of a trial.")
@click.option("--workers", type=click.IntRange(min=2), default=2, show_default=True, help="Processes.")
def main(repeats: int, trials: int, epochs: int, workers: int) -> None:
    """Compares a search in one process with the same in several."""
    sides = {
        "one process": [],
        f"{workers} processes": [
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={workers}",
        ],
    }
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, repeats + 1):
            for side, beam in sides.items():
                place = Path(folder, f"{side}-{number}")
                place.mkdir()
                seconds[side].append(tuner_seconds(configuration(trials, epochs, beam), place))
                click.echo(f"run {number} of {repeats}: {side:<12} {seconds[side][-1]:8.1f} s", err=True)
    one, several = (statistics.median(values) for values in seconds.values())
    click.echo(f"{'':<12}{'Tuner s':>10}")
    for side, value in zip(sides, (one, several), strict=True):
        click.echo(f"{side:<12}{value:>10.1f}")
    click.echo(f"{'ratio':<12}{one / several:>10.2f}   goal: at least {GOAL} on two cores")


def configuration(trials: int, epochs: int, beam: list[str]) -> dict:
    """The digits example with trials of equal length."""
    config = yaml.safe_load((ROOT / "examples" / "digits.yaml").read_text())
    config["training"] |= {"epochs": epochs, "plateau": None}
    config["search"] = {
        "trials": trials,
        "space": {"learning_rate": {"peak": {"low": 0.005, "high": 0.05, "log": True}}},
    }
    return {**config, "beam": beam or ["--direct_running_mode=in_memory"]}


def tuner_seconds(config: dict, place: Path) -> float:
    """Runs the pipeline; what the console says of the Tuner.

    Raises:
        click.ClickException: the run failed; the message is its output.
    """
    file = place / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    command = [sys.executable, "local_runner.py", "--config", file, "--workspace", place / "workspace"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    line = re.search(r"^✓ Tuner +done +([\d.]+) s", run.stdout, re.MULTILINE)
    if run.returncode or not line:
        raise click.ClickException(run.stdout + run.stderr)
    return float(line.group(1))


if __name__ == "__main__":
    main()
