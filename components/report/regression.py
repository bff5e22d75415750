"""How far the numbers are off, and in which direction."""

import numpy as np

from components.features import LabelFeature
from components.report.answers import AnsweredExamples, quantile_bins
from reactive_schedules.pages.charts import add_diagonal, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of

GROUP = 20
"""Examples in a mean, at least, as long as there are groups to compare."""

MAX_POINTS = 2000
"""Points drawn: evenly spread over the answers."""


def prediction_plot(answered: AnsweredExamples, label: LabelFeature) -> Plot:
    """Labels against predictions, and the means of groups of about the same prediction: the calibration."""
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
        name="an example",
        marker={"color": "var(--blue)", "size": 6, "opacity": 0.45},
        hovertemplate="predicted %{x:,.4g}, true %{y:,.4g}<extra></extra>",
    )
    figure.add_scatter(
        x=[each.predicted for each in bins],
        y=[each.actual for each in bins],
        mode="lines+markers",
        name="mean of a group",
        line={"color": "var(--orange)", "width": 2.5},
        marker={"size": 8},
        customdata=[each.examples for each in bins],
        hovertemplate="of %{customdata:,} answers around %{x:,.4g},<br>the mean is %{y:,.4g}<extra></extra>",
    )
    off = max(bins, key=lambda each: abs(each.predicted - each.actual))
    return Plot(
        "Calibration: true against predicted",
        figure,
        f"Where the orange line follows the dotted one, predictions are right on average. It is furthest off at about "
        f"{text_of(off.predicted)}, where the mean is {text_of(off.actual)}.",
        Table(
            "Means of groups of about the same prediction",
            ("predicted", "true", "examples"),
            [(each.predicted, each.actual, each.examples) for each in bins],
        ),
        height=420,
    )


def residual_plot(answered: AnsweredExamples, label: LabelFeature) -> Plot:
    """Distribution of label minus prediction."""
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
        hovertemplate="%{customdata[0]:,.4g} to %{customdata[1]:,.4g}: %{y:,} examples<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": "var(--grey)", "dash": "dot", "width": 1.5})
    low, middle, high = (float(value) for value in np.quantile(residuals, [0.05, 0.5, 0.95]))
    return Plot(
        "Residuals",
        figure,
        f"Nine of ten are between {text_of(low)} and {text_of(high)}; the median is {text_of(middle)}. Positive where "
        "the model answers too little.",
        Table(
            "Residuals by size",
            ("from", "to", "examples"),
            [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)],
        ),
    )
