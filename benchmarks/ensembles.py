"""What averaging models is worth on tables: log loss or RMSE of held-out rows, by the number of models.

A fifth of the rows is for testing, a fifth for validation, as in `benchmarks.calibration`. Of each split, models that
differ in their seed are trained, and averaged in as many groups as they make; each average has a temperature of its
own, from the validation split.

    python -m benchmarks.ensembles --table titanic.csv survived --table insurance.csv charges --seeds 2
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from benchmarks.tabular.training import EPOCHS, TABLES, Data, predicted, prepared, tables, trained
from components import metrics
from components.learning.calibration import calibrated, temperature

SIZES = (1, 2, 3, 5, 10)


def answers(data: Data, models: int, epochs: int | None) -> dict[str, np.ndarray]:
    """Predictions of models that differ in their seed, before calibration, by split: (models, rows, …)."""
    found: dict[str, list[np.ndarray]] = {"validation": [], "test": []}
    for seed in range(models):
        learned = trained(data, seed, {"epochs": epochs} if epochs else {})
        for name, each in found.items():
            each.append(predicted(learned, data.splits[name], 1.0))
    return {name: np.stack(each) for name, each in found.items()}


def scores(data: Data, found: dict[str, np.ndarray], count: int) -> Iterator[tuple[float, float]]:
    """Yields log loss and accuracy, or RMSE and R², of each group of `count` models."""
    truth, known = data.splits["test"].y, data.splits["validation"].y
    is_number = not data.schema.label.classes
    names = ("rmse", "r2") if is_number else ("cross_entropy", "accuracy")
    for start in range(0, len(found["test"]) - count + 1, count):
        validation, test = (
            found[name][start : start + count].mean(axis=0) for name in ("validation", "test")
        )
        if not is_number:
            test = calibrated(test, temperature(known, validation))
        first, second = (metrics.find(name).score(truth, test) for name in names)
        yield first, second


def _cell(found: list[tuple[float, float]]) -> str:
    (mean, other), spread = np.mean(found, axis=0), np.std([first for first, _ in found])
    digits = 0 if mean > 100 else 3
    around = f" ± {spread:.{digits}f}" if len(found) > 1 else ""
    return f"{mean:.{digits}f}{around} ({other:.3f})"


@benchmark
@TABLES
@size("--seeds", full=2, quick=1, type=click.IntRange(min=1), help="Splits of each table.")
@size("--models", full=10, quick=2, type=click.IntRange(min=2), help="Models of each split.")
@EPOCHS
def main(given: tuple[tuple[Path, str], ...], seeds: int, models: int, epochs: int | None) -> None:
    """Prints a line for each split: mean ± standard deviation over the groups, and accuracy or R² in brackets."""
    sizes = [count for count in SIZES if count <= models]
    shown = Table(24, *((f"{count} model{'s' if count > 1 else ''}", 22) for count in sizes))
    click.echo(shown.heading())
    with tempfile.TemporaryDirectory() as folder:
        for name, table, label in tables(given, Path(folder)):
            for seed in range(seeds):
                data = prepared(table, label, seed)
                found = answers(data, models, epochs)
                cells = (_cell(list(scores(data, found, count))) for count in sizes)
                click.echo(shown.row(f"{name}, split {seed + 1}", *cells))


if __name__ == "__main__":
    main()
