"""An evaluation in words, the same on the console, in the report and in the history."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from components.metrics.threshold import HALF


def interval(around: Sequence[float]) -> str:
    """The ends of an interval, with as many decimals as tell them apart, and three at least."""
    low, high = around
    width = high - low
    digits = max(3, min(6, 1 - math.floor(math.log10(width)))) if width > 0 else 3
    if max(abs(low), abs(high)) >= 1000:
        digits = 1
    return f"{low:.{digits}f} to {high:.{digits}f}"


def number(value: float | None) -> str:
    """A score with four decimals."""
    return "no value" if value is None or math.isnan(value) else f"{value:.4f}"


def threshold(found: Mapping[str, Any]) -> str:
    """When the positive class, or a label of several, is answered; empty if it is from one half on."""
    least = found.get("decision_threshold")
    if least is None or least == HALF:
        return ""
    what = "a label" if found.get("positive") is None else repr(found["positive"])
    return f"{what} is answered where its probability is at least {least:.4g}"


def score(found: Mapping[str, Any], name: str) -> str:
    """The score of a model in one metric, with its interval where there is one.

    Args:
        found: Content of `metrics.json`; earlier releases wrote no intervals.
        name: Name of the metric.
    """
    around = found.get("intervals", {}).get(name)
    return number(found["candidate"][name]) + (f" (95 % interval {interval(around)})" if around else "")
