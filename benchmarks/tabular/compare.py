"""Who is better on a table, beyond what another choice of rows and seeds would change."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from scipy import stats

from benchmarks.tabular.results import Key, Result

CONFIDENCE = 0.95
CONSTANT = "constant"
"""The model that knows only the labels: what a failure counts as, and the zero of the normalised score."""

HEADLINE = ("accuracy", "rmse")
PROBABILITY = ("log_loss", "rmse")

Results = Mapping[Key, Result]


def errors(found: Results, table: str, model: str, measures: Iterable[str]) -> dict[int, float]:
    """The errors of a model on a table by seed, less is better; a failure has the error of the constant prediction.

    Args:
        found: All results.
        table: Name.
        model: Name.
        measures: Of which the first that the results have is taken, such as `HEADLINE`.
    """
    by_seed = {}
    for (name, seed, who), result in found.items():
        if (name, who) == (table, model):
            counted = found.get((table, seed, CONSTANT), {}) if "failed" in result else result
            error = [_error(counted, measure) for measure in measures if measure in counted]
            by_seed |= {seed: error[0]} if error else {}
    return by_seed


def _error(result: Result, measure: str) -> float:
    return -result[measure] if measure in {"accuracy", "auc"} else result[measure]


def differences(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """By how much our errors are less than theirs, on each seed that both have."""
    return [theirs[seed] - ours[seed] for seed in sorted(ours.keys() & theirs.keys())]


def verdict(found: Sequence[float]) -> int | None:
    """Says whether differences are more than noise.

    The rule: the 95 % confidence interval of their mean, by Student's t, does not contain zero.

    Returns:
        1 if ours is better, -1 if it is worse, 0 if the difference is within the noise; None for fewer than two seeds.
    """
    if len(found) < 2:
        return None
    mean, error = statistics.fmean(found), statistics.stdev(found) / math.sqrt(len(found))
    if abs(mean) <= stats.t.ppf((1 + CONFIDENCE) / 2, len(found) - 1) * error:
        return 0
    return int(math.copysign(1, mean))


def normalised(
    found: Results, table: str, models: Iterable[str], measures: Iterable[str]
) -> dict[str, float]:
    """Scores on a table: 0 is the constant prediction, 1 the best of the models; mean over seeds, at least 0 each.

    A model without a result on the table is left out, and so is everything where the constant prediction is the best.
    """
    measures = tuple(measures)
    by_model = {model: errors(found, table, model, measures) for model in models}
    constant = by_model.get(CONSTANT) or errors(found, table, CONSTANT, measures)
    best = {
        seed: min(error[seed] for error in by_model.values() if seed in error)
        for seed in set().union(*by_model.values()) & constant.keys()
    }
    scores = {}
    for model, error in by_model.items():
        seen = [
            max(0.0, (constant[seed] - error[seed]) / (constant[seed] - best[seed]))
            for seed in error.keys() & best.keys()
            if best[seed] < constant[seed]
        ]
        scores |= {model: statistics.fmean(seen)} if seen else {}
    return scores
