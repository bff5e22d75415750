"""How often a challenger is promoted that is no better, and how often one that is: the test behind the verdict.

Champion and challenger are simulated, so what is true is known. A classifier's evidence for the label is normal and
partly the same for both models, which answer with the exact probability of it; a tenth of the labels is positive where
the metric is balanced accuracy, else half. The errors of a regression have heavy tails (Student's t with 5 degrees of
freedom), and are partly the same, too. A/A: both models are equally good; the share that is promoted should be 5 % at
most with a confidence of 0.95. Power: the share that is promoted if the challenger is right in 1, 2 or 5 of 100 rows
more, or has an RMSE that is 2, 4 or 10 % smaller. Coverage: the share of 95 % intervals that hold the true score.

    python -m benchmarks.promotions
    python -m benchmarks.promotions --confidence 0.9 --rows 1000
"""

from collections.abc import Iterator
from typing import NamedTuple

import click
import numpy as np
from scipy import special

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from components.evaluator.comparison import compare, confirmed
from components.evaluator.intervals import interval
from components.evaluator.resampling import Resamples
from components.metrics import find
from components.metrics.rows import Rows

CLASSIFICATION = ("accuracy", "balanced_accuracy", "cross_entropy", "roc_auc")
METRICS = (*CLASSIFICATION, "rmse")
STRENGTH = 1.0
"""Standard deviations that the evidence of a positive row is above 0; 84.1 % of the answers are right."""
SHARED = 0.8
"""Share of the variance of the evidence, or of the error, that both models have in common."""
GAINS = (0.0, 0.01, 0.02, 0.05)
"""By how much more of the rows the challenger gets right; a regression's RMSE is smaller by twice that share."""
TABLE = Table(
    18, ("rows", 7), ("A/A", 8), ("+1 pt", 9), ("+2 pt", 9), ("+5 pt", 9), ("coverage", 9), ("trials", 7)
)


class Case(NamedTuple):
    """One simulated test split: rows with the predictions of challenger and champion."""

    challenger: Rows
    champion: Rows


def classifiers(random: np.random.Generator, rows: int, gain: float, positives: float) -> Case:
    """Two binary classifiers, of which the first is right in `gain` of the rows more at even odds."""
    labels = (random.random(rows) < positives).astype(np.int64)
    shared = np.sqrt(SHARED) * random.normal(size=rows)
    sides = []
    for strength in (special.ndtri(special.ndtr(STRENGTH) + gain), STRENGTH):
        evidence = strength * (2 * labels - 1) + shared + np.sqrt(1 - SHARED) * random.normal(size=rows)
        positive = special.expit(2 * strength * evidence).astype(np.float32)
        sides.append(Rows(labels, np.stack([1 - positive, positive], axis=1)))
    return Case(*sides)


def regressions(random: np.random.Generator, rows: int, gain: float) -> Case:
    """Two regressions, of which the first has an RMSE that is smaller by twice the share `gain`."""
    labels = random.normal(size=rows)
    shared, own = (random.standard_t(5, size=(count, rows)) for count in (1, 2))
    errors = np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * own
    return Case(Rows(labels, labels + errors[0] * (1 - 2 * gain)), Rows(labels, labels + errors[1]))


class Outcome(NamedTuple):
    """Whether the challenger was promoted, its score, and whether its interval holds a score, by metric."""

    promoted: bool
    interval: tuple[float, float]


def outcomes(
    names: tuple[str, ...], case: Case, random: np.random.Generator, confidence: float
) -> dict[str, Outcome]:
    """What the Evaluator would say for each metric."""
    resamples = Resamples.draw(
        np.sort(random.integers(2**63, size=len(case.champion.labels), dtype=np.uint64))
    )
    found = {}
    for name in names:
        metric = find(name)
        values = [metric.score(side.labels, side.predictions) for side in case]
        around = interval(metric, case.challenger, values[0], resamples, plain=True)
        difference = compare(metric, case, values, resamples, plain=True, confidence=confidence)
        difference = confirmed(difference, metric, case, resamples, confidence)
        found[name] = Outcome(difference.bound > 0, around or (values[0], values[0]))
    return found


def simulated(
    names: tuple[str, ...], rows: int, gain: float, trials: int, confidence: float
) -> Iterator[dict[str, Outcome]]:
    """The outcomes of some trials, each with rows of its own."""
    random = np.random.default_rng([rows, round(1000 * gain)])
    for _ in range(trials):
        found = {}
        if ranked := tuple(name for name in names if name in CLASSIFICATION and name != "balanced_accuracy"):
            found |= outcomes(ranked, classifiers(random, rows, gain, 0.5), random, confidence)
        if "balanced_accuracy" in names:
            case = classifiers(random, rows, gain, 0.1)
            found |= outcomes(("balanced_accuracy",), case, random, confidence)
        if "rmse" in names:
            found |= outcomes(("rmse",), regressions(random, rows, gain), random, confidence)
        yield found


def truth(name: str, large: int) -> float:
    """The score of many rows, for a champion."""
    random = np.random.default_rng(0)
    if name == "rmse":
        return float(np.sqrt(5 / 3))
    case = classifiers(random, large, 0.0, 0.1 if name == "balanced_accuracy" else 0.5)
    return find(name).score(case.champion.labels, case.champion.predictions)


@benchmark
@size(
    "--rows",
    full=[100, 1000, 10_000],
    quick=[50],
    type=click.IntRange(min=20),
    multiple=True,
    help="To test on.",
)
@size(
    "--trials",
    full=2000,
    quick=20,
    type=click.IntRange(min=10),
    help="Of A/A; a fifth of them for the power.",
)
@size(
    "--large",
    full=4_000_000,
    quick=10_000,
    type=click.IntRange(min=100),
    help="Rows that tell the true score.",
)
@click.option(
    "--metric", "names", type=click.Choice(METRICS), multiple=True, default=METRICS, show_default=True
)
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
def main(rows: tuple[int, ...], trials: int, large: int, names: tuple[str, ...], confidence: float) -> None:
    """How often challengers are promoted that are no better, or that are."""
    click.echo(TABLE.heading())
    true = {name: truth(name, large) for name in names}
    for count in rows:
        shares: dict[str, list[float]] = {name: [] for name in names}
        held = dict.fromkeys(names, 0)
        for gain in GAINS:
            promoted = dict.fromkeys(names, 0)
            times = trials if gain == 0 else max(1, trials // 5)
            for found in simulated(names, count, gain, times, confidence):
                for name, outcome in found.items():
                    promoted[name] += outcome.promoted
                    held[name] += gain == 0 and outcome.interval[0] <= true[name] <= outcome.interval[1]
            for name in names:
                shares[name].append(promoted[name] / times)
        for name in names:
            cells = [f"{100 * share:.1f} %" for share in (*shares[name], held[name] / trials)]
            click.echo(TABLE.row(name, f"{count:,}", *cells, f"{trials:,}"))


if __name__ == "__main__":
    main()
