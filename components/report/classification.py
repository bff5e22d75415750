"""Which classes are taken for which, and whether the probabilities can be believed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.features import LabelFeature
from components.report.answers import AnsweredExamples, Bin, calibration_error, confidence_bins, confusion
from reactive_schedules.pages.charts import add_diagonal, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of

MAX_CLASSES = 30
"""Classes in the picture; of more, those with the most errors."""

MAX_PAIRS = 30
"""Rows of the table."""


def confusion_plot(answered: AnsweredExamples, label: LabelFeature) -> Plot:
    """Rows are the true classes, columns the predicted ones; the colour is the share of the row."""
    counts = confusion(answered.labels, answered.answers)
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    shown = np.sort(np.argsort(-errors, kind="stable")[:MAX_CLASSES])
    part = counts[np.ix_(shown, shown)]
    names = [str(label.classes[index]) for index in shown]
    shares = part / np.maximum(counts.sum(axis=1)[shown, None], 1)
    # Few errors among many examples must still be seen, hence the root.
    colours = np.where(np.eye(len(shown), dtype=bool), shares, -np.sqrt(shares))
    figure = new_figure(f"predicted {label.name}", f"true {label.name}")
    figure.add_heatmap(
        x=names,
        y=names,
        z=colours.tolist(),
        zmin=-1,
        zmax=1,
        text=[[text_of(int(count)) if count else "" for count in row] for row in part],
        texttemplate="%{text}" if len(names) <= 12 else None,
        customdata=np.stack([part, shares], axis=-1),
        colorscale=[[0, "var(--cell-wrong)"], [0.5, "var(--cell-none)"], [1, "var(--cell-right)"]],
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="true %{y}, predicted %{x}<br>%{customdata[0]:,} examples, %{customdata[1]:.1%} of the true"
        "<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False, side="bottom")
    wrong = [
        (str(label.classes[row]), str(label.classes[column]), int(counts[row, column]))
        for row, column in zip(*np.nonzero(counts), strict=True)
        if row != column
    ]
    wrong.sort(key=lambda pair: -pair[2])
    total, right = int(counts.sum()), int(counts.trace())
    most = (
        f" Most often, {wrong[0][0]} is taken for {wrong[0][1]}, {wrong[0][2]} time{'s' * (wrong[0][2] > 1)}."
        if wrong
        else ""
    )
    rest = (
        f" Shown are the {len(names)} classes with the most errors."
        if len(names) < len(label.classes)
        else ""
    )
    recall = counts.diagonal() / np.maximum(counts.sum(axis=1), 1)
    summary = [
        (str(label.classes[index]), "itself", int(counts[index, index]), f"{recall[index]:.1%}")
        for index in shown
    ]
    pairs = [
        (true, predicted, count, f"{count / counts[label.classes.index(_key(label, true))].sum():.1%}")
        for true, predicted, count in wrong[:MAX_PAIRS]
    ]
    return Plot(
        "Confusion matrix",
        figure,
        f"{text_of(right)} of {text_of(total)} answers are right: the blue diagonal.{most}{rest}",
        Table(
            "Right answers, then errors by frequency",
            ("true", "taken for", "examples", "share of the true"),
            [*summary, *pairs],
        ),
        height=140 + 30 * max(6, min(len(names), 18)),
    )


def _key(label: LabelFeature, name: str) -> str | int:
    return next(value for value in label.classes if str(value) == name)


def reliability_plot(answered: AnsweredExamples) -> Plot:
    """Share of right answers by the probability the model gave them."""
    bins = confidence_bins(answered.labels, answered.answers)
    error = calibration_error(bins)
    figure = new_figure("probability of the predicted class", "share that is right")
    add_diagonal(figure, 0, 1)
    figure.add_scatter(
        x=[each.predicted for each in bins],
        y=[each.actual for each in bins],
        mode="lines+markers",
        name="this model",
        line={"color": "var(--blue)", "width": 2},
        marker={"size": 9},
        error_y=_intervals(bins),
        customdata=[each.examples for each in bins],
        hovertemplate="of %{customdata:,} answers with about %{x:.0%},<br>%{y:.1%} are right<extra></extra>",
    )
    figure.update_xaxes(range=[min(0.5, min(each.predicted for each in bins)) - 0.04, 1.04], tickformat=".0%")
    figure.update_yaxes(range=[-0.04, 1.06], tickformat=".0%")
    over = sum(each.examples * (each.predicted - each.actual) for each in bins)
    tendency = "more sure of itself than it should be" if over > 0 else "less sure of itself than it could be"
    return Plot(
        "Calibration",
        figure,
        f"Expected calibration error {error:.3f}; on average, the model is {tendency}. "
        "On the diagonal, probabilities mean what they say. The bars are 95 % intervals (Wilson): wide where examples "
        "are few.",
        Table(
            "Right answers by probability",
            ("mean probability", "share that is right", "examples"),
            [(f"{each.predicted:.1%}", f"{each.actual:.1%}", each.examples) for each in bins],
        ),
    )


def _intervals(bins: Sequence[Bin]) -> dict[str, Any]:
    """Error bars: where the true share of right answers lies with a probability of 95 %."""
    from scipy.stats import binomtest

    ranges = [
        binomtest(round(each.actual * each.examples), each.examples).proportion_ci(0.95, "wilson")
        for each in bins
    ]
    return {
        "symmetric": False,
        "array": [found.high - each.actual for found, each in zip(ranges, bins, strict=True)],
        "arrayminus": [each.actual - found.low for found, each in zip(ranges, bins, strict=True)],
        "thickness": 1,
    }
