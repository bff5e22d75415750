"""What calibration is worth on tables: log loss with and without it, a refined loss as monitor, coverage of intervals.

A fifth of the rows is for testing, a fifth for validation; each seed is another split and another training with the
default model. Cuts, best epoch, temperature and residuals come from the validation split alone.

    python -m benchmarks.calibration --table titanic.csv survived --table life.csv "Life expectancy " --seeds 5
"""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from benchmarks.tabular.training import EPOCHS, TABLES, Data, predicted, prepared, tables, trained
from components import metrics

MONITORS = ("val_loss", "val_refined_loss")
LEVELS = (0.8, 0.9, 0.95)
CLASSES = Table(
    34, ("log loss", 18), ("calibrated", 18), ("accuracy", 18), ("temperature", 13), ("epochs", 8)
)
NUMBERS = Table(34, *((f"{level:g}", 18) for level in LEVELS))


def classification(name: str, data: list[Data], epochs: int | None) -> None:
    """Prints a line for each monitor, and one for the difference between the two."""
    score, right = metrics.find("cross_entropy").score, metrics.find("accuracy").score
    found: dict[str, list[list[float]]] = {monitor: [] for monitor in MONITORS}
    shorter = {"epochs": epochs} if epochs else {}
    for seed, each in enumerate(data):
        test = each.splits["test"]
        for monitor in MONITORS:
            learned = trained(each, seed, {**shorter, "plateau": {"monitor": monitor}})
            probabilities = predicted(learned, test)
            found[monitor].append(
                [
                    score(test.y, predicted(learned, test, 1.0)),
                    score(test.y, probabilities),
                    right(test.y, probabilities),
                    learned.outputs.temperature,
                    len(learned.result.history["loss"]),
                ]
            )
    for monitor, rows in found.items():
        click.echo(CLASSES.row(f"{name}, {monitor}", *_cells(rows)))
    paired = np.subtract(found[MONITORS[1]], found[MONITORS[0]]).tolist()
    click.echo(CLASSES.row(f"{name}, difference", *_cells(paired)))


def _cells(rows: list[list[float]]) -> Iterator[str]:
    for place, values in enumerate(zip(*rows, strict=True)):
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        mean = statistics.mean(values)
        yield f"{mean:.4f} ± {spread:.4f}" if place < 3 else f"{mean:.2f}" if place == 3 else f"{mean:.0f}"


def regression(name: str, data: list[Data], epochs: int | None) -> None:
    """Prints the share of test labels inside the intervals, and their width in standard deviations of the label."""
    shares, widths = [], []
    for seed, each in enumerate(data):
        learned, test = trained(each, seed, {"epochs": epochs} if epochs else {}), each.splits["test"]
        assert learned.residuals
        halves = np.array([learned.residuals.half_width(level) for level in LEVELS])
        error = np.abs(predicted(learned, test) - test.y)
        shares.append((error[:, None] <= halves).mean(axis=0))
        widths.append(2 * halves / test.y.std())
    cells = zip(np.mean(shares, axis=0), np.std(shares, axis=0), np.mean(widths, axis=0), strict=True)
    click.echo(NUMBERS.row(name, *(f"{share:.3f} ± {sd:.3f}" for share, sd, _ in cells)))
    click.echo(NUMBERS.row(f"{name}, width", *(f"{width:.2f}" for width in np.mean(widths, axis=0))))


@benchmark
@TABLES
@size("--seeds", full=5, quick=1, type=click.IntRange(min=1), help="Splits and trainings of each.")
@EPOCHS
def main(given: tuple[tuple[Path, str], ...], seeds: int, epochs: int | None) -> None:
    """Prints a table of classifiers, then one of regressions: mean ± standard deviation over the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: [prepared(table, label, seed) for seed in range(seeds)]
            for name, table, label in tables(given, Path(folder))
        }
    kinds = {name: bool(data[0].schema.label.classes) for name, data in found.items()}
    if any(kinds.values()):
        click.echo(CLASSES.heading())
    for name in filter(kinds.get, found):
        classification(name, found[name], epochs)
    if not all(kinds.values()):
        click.echo(f"\n{NUMBERS.heading()}")
    for name in found:
        if not kinds[name]:
            regression(name, found[name], epochs)


if __name__ == "__main__":
    main()
