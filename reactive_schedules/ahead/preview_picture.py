"""A picture of a preview, alone or on a page with a table of the key points."""

import io
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from reactive_schedules.ahead.drawing import GRID, LINE, MARK, check_ending, new_figure, save
from reactive_schedules.ahead.key_point import KeyPoint
from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(
    name: str,
    horizon: Horizon,
    epochs: numpy.ndarray,
    rates: numpy.ndarray,
    points: Sequence[KeyPoint],
    path: Path,
) -> Path:
    """Draws the rates of a run; see `Preview` for the arguments, and `Preview.draw` for the file."""
    check_ending(path, (".png", ".svg", ".html"))
    figure = _figure(horizon, epochs, rates, points)
    if path.suffix != ".html":
        return save(figure, path)
    picture = io.StringIO()
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "reactive_schedules", "svg.fonttype": "none"}):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    try:
        path.write_text(_page(name, horizon, points, picture.getvalue()), encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _figure(
    horizon: Horizon, epochs: numpy.ndarray, rates: numpy.ndarray, points: Sequence[KeyPoint]
) -> "Figure":
    figure = new_figure()
    axes = figure.add_subplot()
    per_epoch = horizon.steps_per_epoch
    axes.plot(epochs, rates, color=LINE, linewidth=1.8)
    for point in points:
        axes.plot(point.step / per_epoch, point.rate, "o", color=MARK, markersize=4.5, clip_on=False)
    for point in points:
        if not point.name.startswith(("start", "last step")):
            at = point.step / per_epoch
            axes.axvline(at, color=GRID, linewidth=0.9, zorder=0)
            axes.annotate(
                point.name,
                (at, 0),
                xytext=(4, 8),
                textcoords="offset points",
                rotation=90,
                fontsize=7,
                color="#555555",
                zorder=1,  # under the curve
                bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.5},
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel("learning rate")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, horizon.epochs)
    axes.spines[["top", "right"]].set_visible(False)
    to_steps, to_epochs = partial(numpy.multiply, per_epoch), partial(numpy.multiply, 1 / per_epoch)
    in_steps = axes.secondary_xaxis("top", functions=(to_steps, to_epochs))
    in_steps.set_xlabel("step", fontsize=8)
    in_steps.tick_params(labelsize=7)
    in_steps.spines["top"].set_visible(False)
    return figure


def _page(name: str, horizon: Horizon, points: Sequence[KeyPoint], svg: str) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(point.name)}</th><td>{point.step:,}</td>"
        f"<td>{point.step / horizon.steps_per_epoch:.2f}</td><td>{point.rate:.6g}</td></tr>"
        for point in points
    )
    title = f"Learning rate: {escape(name)}"
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
svg {{ width: 100%; height: auto; background: #fff }}
td, th {{ padding: .2rem .8rem; text-align: right }} th[scope=row] {{ text-align: left }}
</style>
<h1>{title}</h1>
<figure role="img" aria-label="Learning rate over {horizon.epochs} epochs">
{svg[svg.index("<svg") :]}
</figure>
<table><thead><tr><th></th><th>step</th><th>epoch</th><th>rate</th></tr></thead><tbody>{rows}</tbody></table>
</html>
"""
