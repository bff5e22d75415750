"""Predictions and residuals of a regression."""

import numpy as np

from components.features import LabelFeature
from components.report.answers import AnsweredExamples, quantile_bins
from reactive_schedules.pages.charts import add_diagonal, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of

GROUP = 20
"""Minimum number of examples per group, unless there would be fewer than two groups."""

MAX_POINTS = 2000
"""Maximum number of points to draw, spread evenly over the examples."""


def prediction_plot(answered: AnsweredExamples, label: LabelFeature) -> Plot:
    """Draws labels against predictions, and the calibration: the mean label of similar predictions."""
    labels, answers = answered.labels, answered.answers
    some = np.linspace(0, len(labels) - 1, min(MAX_POINTS, len(labels))).round().astype(int)
    bins = quantile_bins(labels, answers, max(2, min(10, len(labels) // GROUP)))
    low, high = (float(f([f(labels), f(answers)])) for f in (np.min, np.max))
    figure = new_figure(f"predicted {label.name}", f"true {label.name}")
    add_diagonal(figure, low, high)
    figure.add_scatter(
        x=answers[some],
        y=labels[some],
        mode="markers",
        name="example",
        marker={"color": "var(--blue)", "size": 6, "opacity": 0.45},
        hovertemplate="predicted %{x:,.4g}, true %{y:,.4g}",
    )
    figure.add_scatter(
        x=[each.predicted for each in bins],
        y=[each.actual for each in bins],
        mode="lines+markers",
        name="mean of similar predictions",
        line={"color": "var(--orange)", "width": 2.5},
        marker={"size": 8},
        customdata=[each.examples for each in bins],
        hovertemplate="%{customdata:,} predictions around %{x:,.4g}:\nthe mean label is %{y:,.4g}",
    )
    off = max(bins, key=lambda each: abs(each.predicted - each.actual))
    return Plot(
        "Calibration: true against predicted",
        figure,
        f"Predictions are correct on average where the orange line follows the dotted line. The largest deviation is "
        f"at about {text_of(off.predicted)}, where the mean label is {text_of(off.actual)}.",
        Table(
            "Mean label of similar predictions",
            ("predicted", "true", "examples"),
            [(each.predicted, each.actual, each.examples) for each in bins],
        ),
        height=420,
    )


def residual_plot(answered: AnsweredExamples, label: LabelFeature) -> Plot:
    """Draws the distribution of label minus prediction."""
    residuals = answered.labels - answered.answers
    counts, edges = np.histogram(residuals, bins=min(40, max(8, round(len(residuals) ** 0.5))))
    middles = (edges[:-1] + edges[1:]) / 2
    figure = new_figure(f"true minus predicted {label.name}", "examples", bargap=0.05)
    figure.add_bar(
        x=middles,
        y=counts,
        width=np.diff(edges) * 0.96,
        marker={"color": "var(--blue)"},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:,.4g} to %{customdata[1]:,.4g}: %{y:,} examples",
    )
    figure.add_vline(x=0, line={"color": "var(--grey)", "dash": "dot", "width": 1.5})
    low, middle, high = (float(value) for value in np.quantile(residuals, [0.05, 0.5, 0.95]))
    return Plot(
        "Residuals",
        figure,
        f"90 % of the residuals are between {text_of(low)} and {text_of(high)}; the median is {text_of(middle)}. "
        "A positive residual means that the prediction is too low.",
        Table(
            "Residuals by size",
            ("from", "to", "examples"),
            [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)],
        ),
    )
