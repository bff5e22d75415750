"""How the data path grows: seconds, CPU seconds and peak memory of each component, ours against TFX's own.

Writes tables of random rows, runs our pipeline on each (`--no-tune`, one epoch, the default model), then TFX's
ExampleGen, StatisticsGen, SchemaGen, Transform and Evaluator on the same rows, the Evaluator with the same model, and
`python -m pipeline predict` on 1,000 rows and on all of them (at most a million). Each runs in a process of its own
that is looked at from outside; a component lasts from the creation to the last change of its execution in ML
Metadata.

    python -m benchmarks.scale [--case 100k --case wide] [--format parquet] [--no-stock]
"""

import itertools
import math
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
import yaml

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.processes import ROOT, Cost
from benchmarks.measuring.rows import LABEL, Shape, head, write
from benchmarks.measuring.timeline import Timeline, components, watched

MIXED = {"numbers": 8, "few": 2, "many": 1, "dates": 1}
CASES = {
    "quick": Shape(300, numbers=2, few=1),
    "10k": Shape(10_000, **MIXED),
    "100k": Shape(100_000, **MIXED),
    "1m": Shape(1_000_000, **MIXED),
    "10m": Shape(10_000_000, **MIXED),
    "numbers": Shape(100_000, numbers=12),
    "few": Shape(100_000, few=12),
    "many": Shape(100_000, many=12),
    "dates": Shape(100_000, dates=12),
    "wide": Shape(1_000, numbers=857),
    "text": Shape(547, few=24, many=10),
}
COMPARED = ("ExampleGen", "StatisticsGen", "Transform", "Evaluator")
PREDICTED = 1_000_000
"""Rows that are predicted at most."""


@benchmark
@size(
    "--case",
    full=[name for name in CASES if name != "quick"],
    quick=["quick"],
    type=click.Choice(list(CASES)),
    multiple=True,
    help="Table to measure; may be repeated.",
)
@click.option("--format", "suffix", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option(
    "--stock/--no-stock", default=True, show_default=True, help="Whether to run TFX's own components."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the data and the workspaces; without it they are deleted.",
)
def main(case: tuple[str, ...], suffix: str, stock: bool, keep: Path | None) -> None:
    """Measures and prints a table for each case, then how the whole grows."""
    totals: dict[str, dict[Shape, float]] = {"ours": {}, "stock": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for name in case:
            folder = (keep or Path(temporary)) / name
            shape = CASES[name]
            click.echo(f"\n### {name}: {shape.rows:,} rows × {shape.columns} columns, {suffix}\n")
            sides = measured(shape, folder, suffix, stock)
            click.echo(table(sides))
            for side, costs in sides.items():
                totals[side][shape] = sum(cost.wall for part, cost in costs.items() if part in COMPARED)
    click.echo(slopes(totals))


def measured(shape: Shape, folder: Path, suffix: str, stock: bool) -> dict[str, dict[str, Cost]]:
    """By side, what each component costs, `(whole run)`, and for ours the predictions."""
    data, ours, theirs = folder / "data", folder / "ours", folder / "stock"
    data.mkdir(parents=True)
    source = write(shape, data / f"rows.{suffix}")
    timeline = trained(data, ours, job())
    sides = {"ours": {**components(timeline, ours / "metadata.db"), "(whole run)": timeline.whole()}}
    for count in sorted({min(count, shape.rows) for count in (1000, PREDICTED)}):
        rows = head(source, count, folder / f"{count}.{suffix}")
        paths = ["--input", rows, "--output", folder / "predictions.csv", "--overwrite", "--workspace", ours]
        predicting = watched([sys.executable, "-m", "pipeline", "predict", *paths], folder / "predict.log")
        sides["ours"][f"`predict` {count:,} rows"] = predicting.whole()
    if stock:
        (model,) = ours.glob("artifacts/*/Trainer/model/*")
        command = [sys.executable, "-m", "benchmarks.stock.data_path", data, LABEL, model, theirs]
        timeline = watched(command, folder / "stock.log")
        sides["stock"] = components(timeline, theirs / "metadata.db")
    return sides


def trained(data: Path, workspace: Path, document: dict) -> Timeline:
    """Runs the pipeline on a table in a folder; its configuration and its log are beside the workspace."""
    config = workspace.with_suffix(".yaml")
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    arguments = ["--config", config, "--data", data, "--label", LABEL, "--no-tune", "--workspace", workspace]
    return watched([sys.executable, "local_runner.py", *arguments], workspace.with_suffix(".log"))


def job() -> dict:
    """The default configuration for tables, with one epoch, and a threshold that every model reaches."""
    found = yaml.safe_load((ROOT / "examples" / "tabular.yaml").read_text(encoding="utf-8"))
    found["training"] |= {
        "epochs": 1,
        "learning_rate": {"family": "constant", "peak": 0.002},
        "plateau": None,
    }
    return {**found, "search": None, "evaluation": {"threshold": 1e9}}


def table(sides: Mapping[str, Mapping[str, Cost]]) -> str:
    """Ratios first, then the figures of both sides; Markdown."""
    names = [name for name in sides["ours"] if name in COMPARED]
    names += [name for name in sides["ours"] if name not in COMPARED]
    lines = [
        "| component | stock / ours, seconds | CPU seconds | ours: s | CPU s | peak MB | stock: s | CPU s | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    both = {side: total(costs) for side, costs in sides.items()}
    lines.append(_row("**these four**", both["ours"], both.get("stock")))
    lines += [_row(name, sides["ours"][name], sides.get("stock", {}).get(name)) for name in names]
    return "\n".join(lines)


def total(costs: Mapping[str, Cost]) -> Cost:
    """Of the components that are compared."""
    found = [costs[name] for name in COMPARED]
    return Cost(sum(c.wall for c in found), sum(c.cpu for c in found), max(c.peak for c in found))


def slopes(totals: Mapping[str, Mapping[Shape, float]]) -> str:
    """How log seconds grow with log rows, from each size to the next, for tables that differ in rows only."""
    lines = []
    for side, seconds in totals.items():
        mixed = sorted((shape.rows, shape) for shape in seconds if shape == Shape(shape.rows, **MIXED))
        for (few, small), (many, large) in itertools.pairwise(mixed):
            slope = math.log(seconds[large] / seconds[small]) / math.log(many / few)
            lines.append(f"slope of log seconds against log rows, {side}, {few:,} to {many:,}: {slope:.2f}")
    return "\n".join(["", *lines])


def _row(name: str, ours: Cost, stock: Cost | None) -> str:
    ratios = [f"{stock.wall / ours.wall:.1f} ×", f"{stock.cpu / ours.cpu:.1f} ×"] if stock else ["", ""]
    return f"| {' | '.join([name, *ratios, *_cells(ours), *(_cells(stock) if stock else [''] * 3)])} |"


def _cells(cost: Cost) -> list[str]:
    return [f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:,.0f}"]


if __name__ == "__main__":
    main()
