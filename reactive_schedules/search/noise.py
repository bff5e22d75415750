"""How far a score on a few validation rows can be trusted."""

import math
from typing import Literal

Direction = Literal["min", "max"]


def judged(score: float, limit: float | None, direction: str) -> float:
    """The score by which trials are ranked: those beyond the limit are all alike.

    Args:
        score: Score of a trial.
        limit: Best score that the validation rows can tell from a better one; None if there is no such limit.
        direction: `min` or `max`.
    """
    if limit is None:
        return score
    return max(score, limit) if direction == "min" else min(score, limit)


def cross_entropy_limit(rows: int) -> float:
    """The least cross-entropy that rows can support.

    A model that is right in all n rows may be expected to be wrong in one of n + 2 (Laplace's rule of succession). A
    cross-entropy below 1 / (n + 2) claims a certainty that no n rows can confirm: it measures how large the logits are.
    """
    return 1 / (rows + 2)


def noise(score: float, rows: int, direction: str) -> float:
    """A rough standard error of a score that is a mean over rows, where nothing but the score is known.

    A share between 0 and 1 of which more is better has the standard error of a binomial. The losses of rows are taken
    to have a standard deviation of twice their mean, as cross-entropies of a good classifier and squared errors do.
    """
    if direction == "max" and 0 <= score <= 1:
        return math.sqrt(max(score * (1 - score), 1 / (rows + 2)) / rows)
    return 2 * abs(score) / math.sqrt(rows)


def clear_gain(score: float, rows: int, direction: str, trials: int) -> float:
    """The gain over a score that noise cannot explain: two standard errors, and what the best of n gains by luck.

    The largest of n independent normal values is about √(2 ln n) standard deviations above their mean.
    """
    return (2 + math.sqrt(2 * math.log(max(trials, 1)))) * math.sqrt(2) * noise(score, rows, direction)
