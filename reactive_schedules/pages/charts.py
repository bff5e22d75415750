"""Figures and axes for pages."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from reactive_schedules.extras import brought_by

with brought_by("search"):
    import plotly.graph_objects as go


def new_figure(x: str, y: str, **layout: Any) -> go.Figure:
    """An empty figure with axis titles."""
    return go.Figure(layout={"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, **layout})


def is_log(values: Iterable[float | None]) -> bool:
    """Whether values suit a logarithmic axis: all are positive, and they span more than a factor of 20."""
    finite = _finite(values)
    return bool(finite) and min(finite) > 0 and max(finite) > 20 * min(finite)


def axis_for(values: Iterable[float | None], sparse: bool = False) -> dict[str, Any]:
    """The settings of an axis for values: linear, or logarithmic with ticks at 1, 2 and 5 of each decade.

    Args:
        values: Values to show; those that are not finite are ignored.
        sparse: Whether to use one tick per decade, for panels of low height.
    """
    finite = _finite(values)
    if not is_log(finite):
        return {}
    decades = range(math.floor(math.log10(min(finite))), math.ceil(math.log10(max(finite))) + 1)
    factors = (1,) if sparse or max(finite) > 1000 * min(finite) else (1, 2, 5)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:,.6g}" for tick in ticks]}


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and math.isfinite(value)]


def from_one(values: Sequence) -> list[int]:
    """The numbers of the epochs of `values`, counted from 1."""
    return list(range(1, len(values) + 1))


def add_diagonal(figure: go.Figure, low: float, high: float) -> None:
    """Draws the line of perfect predictions."""
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": "var(--grey)", "dash": "dot", "width": 1.5},
        name="perfect",
        hoverinfo="skip",
    )
