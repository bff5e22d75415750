"""Confusion matrix and calibration of a classification."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from components.features import LabelFeature
from components.learning.calibration import calibrated
from components.metrics.rows import Rows
from components.report.answers import Bin, calibration_error, confidence_bins, confusion
from reactive_schedules.pages.charts import add_diagonal, new_figure
from reactive_schedules.pages.content import Plot, Table, text_of

MAX_CLASSES = 30
"""Maximum number of classes in the figure; the classes with the most errors are shown."""

MAX_PAIRS = 30
"""Maximum number of pairs of confused classes in the table."""


def confusion_plot(rows: Rows, label: LabelFeature, threshold: str = "") -> Plot:
    """Draws the confusion matrix: rows are true classes, columns predicted classes, colours shares of the row.

    Args:
        rows: Labels and predictions.
        label: The label.
        threshold: When the positive class is answered, in words.
    """
    counts = confusion(rows)
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    shown = np.sort(np.argsort(-errors, kind="stable")[:MAX_CLASSES])
    part = counts[np.ix_(shown, shown)]
    names = [str(label.classes[index]) for index in shown]
    shares = part / np.maximum(counts.sum(axis=1)[shown, None], 1)
    # The square root keeps a few errors among many examples visible.
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
        hovertemplate="true %{y}, predicted %{x}\n"
        "%{customdata[0]:,} examples, %{customdata[1]:.1%} of the true class",
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
        f" Most often, {wrong[0][0]} is mistaken for {wrong[0][1]}: {wrong[0][2]} time{'s' * (wrong[0][2] > 1)}."
        if wrong
        else ""
    )
    rest = (
        f" The figure shows the {len(names)} classes with the most errors."
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
        f"{text_of(right)} of {text_of(total)} predictions are correct (the blue diagonal).{most}{rest}"
        + (f" {threshold}." if threshold else ""),
        Table(
            "Correct predictions, then errors by frequency",
            ("true", "predicted as", "examples", "share of the true class"),
            [*summary, *pairs],
        ),
        height=140 + 30 * max(6, min(len(names), 18)),
    )


def _key(label: LabelFeature, name: str) -> str | int:
    return next(value for value in label.classes if str(value) == name)


def reliability_plot(rows: Rows, label: LabelFeature, temperature: float = 1.0) -> Plot:
    """Draws the share of the rows of a class by its probability: of the positive class, or else the most probable.

    Args:
        rows: Labels and predictions.
        label: The label.
        temperature: Temperature of the predictions; unless it is 1, they are drawn without it, too.
    """
    bins = confidence_bins(rows)
    error = calibration_error(bins)
    if rows.positive is None:
        name, share, kind = "the most probable class", "share of correct predictions", "are correct"
        tendency, least = "the model is {}confident", min(0.5, *(each.predicted for each in bins))
    else:
        name = f"{label.name} {label.classes[rows.positive]}"
        share, kind = f"share of {name}", f"are {name}"
        tendency, least = "the probabilities are {}stated", 0.0
    figure = new_figure(f"probability of {name}", share)
    add_diagonal(figure, 0, 1)
    before = "The probabilities are as the model gives them: the temperature is 1."
    if temperature != 1:
        raw = dataclasses.replace(rows, predictions=calibrated(rows.predictions, 1 / temperature))
        without = confidence_bins(raw)
        before = f"The temperature is {temperature:.3g}; without it, the error is {calibration_error(without):.3f}."
        figure.add_scatter(
            x=[each.predicted for each in without],
            y=[each.actual for each in without],
            mode="lines",
            name="without calibration",
            line={"color": "var(--grey)", "width": 1.5},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[each.predicted for each in bins],
        y=[each.actual for each in bins],
        mode="lines+markers",
        name="this model",
        line={"color": "var(--blue)", "width": 2},
        marker={"size": 9},
        error_y=_intervals(bins),
        customdata=[each.examples for each in bins],
        meta=kind,
        hovertemplate="of %{customdata:,} predictions with about %{x:.0%},\n%{y:.1%} %{meta}",
    )
    figure.update_xaxes(range=[least - 0.04, 1.04], tickformat=".0%")
    figure.update_yaxes(range=[-0.04, 1.06], tickformat=".0%")
    over = sum(each.examples * (each.predicted - each.actual) for each in bins)
    return Plot(
        "Calibration",
        figure,
        f"Expected calibration error {error:.3f}; on average, {tendency.format('over' if over > 0 else 'under')}. "
        f"{before} On the diagonal, the probabilities are accurate. The bars are 95 % Wilson intervals, which are "
        "wide where examples are few.",
        Table(
            f"{share[0].upper()}{share[1:]} by probability",
            ("mean probability", share, "examples"),
            [(f"{each.predicted:.1%}", f"{each.actual:.1%}", each.examples) for each in bins],
        ),
    )


def _intervals(bins: Sequence[Bin]) -> dict[str, Any]:
    """Returns error bars: 95 % confidence intervals of the share of correct predictions."""
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
