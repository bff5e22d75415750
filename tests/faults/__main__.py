"""Tries faults and prints a table: `make fault-test`.

python -m tests.faults [--kills N] [--damages N] [--mutations N] [--seed N]
"""

import itertools
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
from rich.console import Console

from tests.faults import damages, kills, mutations
from tests.faults.outcomes import Outcome, table
from tests.faults.subject import Subject


@click.command()
@click.option("--kills", "killed", default=60, show_default=True, help="Kills of runs at random moments.")
@click.option("--damages", "damaged", default=90, show_default=True, help="Damaged files and folders.")
@click.option(
    "--mutations", "mutated", default=240, show_default=True, help="Mutated configurations and data files."
)
@click.option("--seed", default=0, show_default=True)
@click.option("--jobs", default=2, show_default=True, help="Runs at a time.")
def main(killed: int, damaged: int, mutated: int, seed: int, jobs: int) -> None:
    """Try faults, and print what survived."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = list(_campaigns(Path(folder), killed, damaged, mutated, seed, jobs))
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    for outcome in outcomes:
        if not outcome.survived:
            console.print(f"{outcome.kind}: {outcome.end}\n{outcome.detail}\n", markup=False)
    console.print(table(outcomes))
    lost = sum(not outcome.survived for outcome in outcomes)
    console.print(f"\n{len(outcomes)} tried, {len(outcomes) - lost} survived")
    sys.exit(lost > 0)


def _campaigns(
    folder: Path, killed: int, damaged: int, mutated: int, seed: int, jobs: int
) -> Iterator[Outcome]:
    yield from mutations.campaign(folder / "mutations", mutated, seed)
    if not killed + damaged:
        return
    alone = Subject.create(folder / "alone")
    seconds, expected = kills.duration(alone), alone.results()
    in_a_row = [min(kills.KILLS_IN_A_ROW, killed - done) for done in range(0, killed, kills.KILLS_IN_A_ROW)]
    plan = damages.plan(alone.workspace, damaged, seed)
    with ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(_tried, kills.sequence(folder / f"kills-{n}", count, expected, seconds, seed + n))
            for n, count in enumerate(in_a_row)
        ]
        futures += [
            pool.submit(_tried, damages.campaign(subject, plan[n::jobs], expected))
            for n, subject in enumerate(
                [alone, *(Subject.create(folder / f"damages-{n}") for n in range(1, jobs))]
            )
            if plan[n::jobs]
        ]
        yield from sorted(
            itertools.chain.from_iterable(future.result() for future in futures), key=lambda each: each.kind
        )


def _tried(outcomes: Iterable[Outcome]) -> list[Outcome]:
    found = []
    for outcome in outcomes:
        print("." if outcome.survived else "F", end="", flush=True, file=sys.stderr)
        found.append(outcome)
    return found


if __name__ == "__main__":
    main()
