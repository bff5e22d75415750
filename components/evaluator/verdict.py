"""Whether a model is good enough, and why."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from components.evaluator.comparison import Difference
from components.evaluator.settings import Settings

ROUNDING = 1e-6
"""By how much a model must be better than a constant, as a share of its score: predictions are float32."""


def decide(
    found: Mapping[str, Any], settings: Settings, difference: Difference | None, one_answer: str | None
) -> dict[str, Any]:
    """Returns `blessed` and `reasons`.

    Args:
        found: The figures, as in `metrics.json`.
        settings: What was asked for.
        difference: How much better the model is than the baseline; None if both cannot be compared.
        one_answer: The answer that the model gives for all rows; None if it gives several.
    """
    faults = list(_faults(found, settings, difference, one_answer))
    return {"blessed": not faults, "reasons": faults or list(_merits(found, settings, difference))}


def _side(found: Mapping[str, Any], settings: Settings) -> str:
    larger = found["larger_is_better"]
    if settings.threshold is None:
        return f"{'above' if larger else 'below'} the {found['constant']:.4f} of the best constant prediction"
    return f"{'at least' if larger else 'at most'} {settings.threshold:.4f}"


def _is_on_its_side(found: Mapping[str, Any], settings: Settings) -> bool:
    sign = 1 if found["larger_is_better"] else -1
    value = found["candidate"][settings.metric]
    if settings.threshold is not None:
        return sign * (value - settings.threshold) >= 0  # false for NaN
    constant = found["constant"]
    return sign * (value - constant) > ROUNDING * (abs(constant) or 1.0)


def _faults(
    found: Mapping[str, Any], settings: Settings, difference: Difference | None, one_answer: str | None
) -> Iterator[str]:
    name, value = settings.metric, found["candidate"][settings.metric]
    if one_answer is not None:
        yield f"the model answers {one_answer} for all {found['examples']:,} rows of the test split"
    if not math.isfinite(value):
        yield f"{name} has no value on the test split"
        return
    if not _is_on_its_side(found, settings):
        yield f"{name} {value:.4f} is not {_side(found, settings)}"
    if not found["baseline"]:
        return
    version, other, gain = found["baseline_version"], found["baseline"][name], settings.min_improvement
    if difference is None:
        return  # the baseline has no score: anything is better
    if not difference.bound > gain:
        is_worse = gain == 0 and difference.value < 0
        sure = "" if is_worse else f" with {100 * settings.confidence:g} % confidence"
        yield (
            f"{name} {value:.4f} is {'worse than' if is_worse else f'not {asked(gain)}'} the {other:.4f} "
            f"of version {version}{sure} ({_by(difference)})"
        )


def _merits(found: Mapping[str, Any], settings: Settings, difference: Difference | None) -> Iterator[str]:
    name = settings.metric
    yield f"{name} is {_side(found, settings)}"
    if not found["baseline"]:
        return
    if difference is None:
        yield f"version {found['baseline_version']} has no {name} on the test split"
        return
    yield f"{name} is {asked(settings.min_improvement)} in version {found['baseline_version']} ({_by(difference)})"


def asked(gain: float) -> str:
    """What a model must be, in words, compared with the one in production."""
    if gain > 0:
        return f"more than {gain:g} better than"
    return f"at most {-gain:g} worse than" if gain else "better than"


def _by(difference: Difference) -> str:
    sign = "better" if difference.value >= 0 else "worse"
    by = f"by {abs(difference.value):.4f}" if difference.value else "no difference"
    if difference.interval is None or difference.interval == (0.0, 0.0):
        return f"{sign} {by}" if difference.value else by
    low, high = difference.interval
    of = "" if difference.value > 0 else " of the gain"  # which is negative where the model is worse
    return f"{f'{sign} ' if difference.value else ''}{by}, 95 % interval{of} {low:+.4f} to {high:+.4f}"
