"""A picture of a run: metric, learning rate and batch size by epoch, with decisions marked."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reactive_schedules.ahead.drawing import new_figure, save
from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.description import epochs_done, label, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRAIN, _VALIDATION, _RATE, _BATCH = "#9aa5b1", "#1f6f8b", "#4b7f52", "#7a5195"
_COLOURS = {
    "red": "#c8553d",
    "purple": "#7a5195",
    "blue": "#1f6f8b",
    "green": "#4b7f52",
    "orange": "#b3591a",
    "grey": "#333333",
}


def training_picture(
    history: Mapping[str, Sequence[float]],
    decisions: Sequence[Mapping],
    path: str | Path,
    monitor: str | None = None,
) -> Path:
    """Draws a picture of a run from the result of `rs.fit`.

    Args:
        history: History, such as `FitResult.history`.
        decisions: Decisions, such as `FitResult.decisions` or the lines of a decision log.
        path: Path of the .png or .svg file.
        monitor: Metric to draw; None draws the metric of the decisions, the validation loss, or the loss.

    Returns:
        Path of the file.

    Raises:
        SpecError: The metric is not in the history or has several values, the file has another suffix or cannot be
            written, or matplotlib is not installed.
    """
    named = [decision["monitor"] for decision in decisions]
    monitor = monitor or next((name for name in [*named, "val_loss", "loss"] if name in history), "loss")
    if monitor not in history:
        raise SpecError(f"monitor: {monitor!r} is not in the history; choose one of {sorted(history)}")
    if any(isinstance(value, list) for value in history[monitor]):
        raise SpecError(f"monitor: {monitor!r} has several values; choose a metric with a single value")
    figure = new_figure(8.0, 6.0)
    metric, rate, batch = figure.subplots(3, sharex=True, height_ratios=[3, 1.3, 1.3])
    epochs = range(1, len(history[monitor]) + 1)

    name = monitor.removeprefix("val_")
    shown_name = name.replace("$", r"\$")  # matplotlib would typeset what is between two of them
    if name != monitor and name in history:
        metric.plot(epochs, history[name], color=_TRAIN, linewidth=1.2, label=f"training {shown_name}")
        metric.plot(
            epochs, history[monitor], color=_VALIDATION, linewidth=1.8, label=f"validation {shown_name}"
        )
    else:
        metric.plot(epochs, history[monitor], color=_VALIDATION, linewidth=1.8, label=shown_name)
    metric.set_ylabel(shown_name.replace("_", " "))
    shown = [value for key in (name, monitor) for value in history.get(key, ()) if math.isfinite(value)]
    if min(shown, default=0) > 0 and max(shown) > 20 * min(shown):
        metric.set_yscale("log")
    rate.step(epochs, history["learning_rate"], where="mid", color=_RATE, linewidth=1.8)
    rate.set_ylabel("learning rate")
    if min(history["learning_rate"]) > 0:
        rate.set_yscale("log")
    batch.step(epochs, history["batch_size"], where="mid", color=_BATCH, linewidth=1.8)
    batch.set_ylabel("batch size")
    batch.set_ylim(bottom=0)
    batch.set_xlabel("epoch")
    _mark(metric, [rate, batch], decisions)
    for axes in (metric, rate, batch):
        axes.grid(color="#e6e6e6", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    metric.legend(frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)
    figure.align_ylabels()
    return save(figure, Path(path))


def _mark(metric: "Axes", others: Sequence["Axes"], decisions: Sequence[Mapping]) -> None:
    """Draws a line through all panels at each decision, with a label above the first panel."""
    for decision in decisions:
        at, color = epochs_done(decision) + 0.5, _COLOURS[mark(decision["kind"]).colour]
        for axes in (metric, *others):
            axes.axvline(at, color=color, linewidth=1, linestyle=(0, (4, 2)), zorder=0)
        metric.annotate(
            label(decision),
            (at, 1.01),
            xycoords=metric.get_xaxis_transform(),
            color=color,
            fontsize=8,
            rotation=35,
            ha="left",
            va="bottom",
        )
