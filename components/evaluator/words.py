"""An evaluation in words, the same on the console, in the report and in the history."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
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


def ensemble(described: Mapping[str, Any]) -> str:
    """How many models are averaged, and what the average gains over one of them.

    Args:
        described: `ensemble` of `metrics.json` or `model.json`.
    """
    parts = []
    for name, scores in described["validation"].items():
        single = [score for score in scores["members"] if score is not None]
        spread = "no value"
        if single:
            spread = f"{number(fmean(single))} on average, {number(min(single))} to {number(max(single))}"
        parts.append(f"{name} {number(scores['average'])} (its models {spread})")
    return f"average of {described['members']} models; on the validation split, {', '.join(parts)}"


def seeds(described: Mapping[str, Any]) -> str:
    """The seeds of the models that are averaged; `described` as for `ensemble`."""
    first, *_, last = described["seeds"]
    return f"seeds {first} to {last}"


def configured(found: Mapping[str, Any]) -> str:
    """What the configuration as written scores, and how it compares; empty if no search chose another one.

    Args:
        found: Content of `metrics.json`; earlier releases did not know.
    """
    written, name = found.get("configured"), found["metric"]
    if not written:
        return ""
    around, difference = written["interval"], written["differences"].get(name)
    text = number(written["scores"][name]) + (f" (95 % interval {interval(around)})" if around else "")
    if difference is None:
        return text
    side = "worse" if difference["value"] < 0 else "better"
    text += f"; the chosen one is {side} by {abs(difference['value']):.4f}"
    if difference["interval"]:
        low, high = difference["interval"]
        text += f", 95 % interval of the gain {low:+.4f} to {high:+.4f}"
    return text


def score(found: Mapping[str, Any], name: str) -> str:
    """The score of a model in one metric, with its interval where there is one.

    Args:
        found: Content of `metrics.json`; earlier releases wrote no intervals.
        name: Name of the metric.
    """
    around = found.get("intervals", {}).get(name)
    return number(found["candidate"][name]) + (f" (95 % interval {interval(around)})" if around else "")
