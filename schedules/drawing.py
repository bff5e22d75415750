"""Pictures of schedules."""

import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from schedules.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from schedules.preview import Preview
    from schedules.range_test import RangeTest

_LINE, _MARK, _GRID = "#1f6f8b", "#c8553d", "#d9d9d9"


def new_figure(width: float = 8.0, height: float = 3.2) -> "Figure":
    """An empty figure, without a window and without global state.

    Raises:
        SpecError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SpecError(
            "picture: needs matplotlib; install it, or the extra reactive-schedules[plots]"
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: "Figure", path: Path) -> Path:
    """Writes a figure as .png or .svg.

    Raises:
        SpecError: another ending, or the folder does not exist or cannot be written.
    """
    check_ending(path, (".png", ".svg"))
    # Without a date and with fixed ids, the same schedule gives the same bytes.
    import matplotlib

    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    try:
        with matplotlib.rc_context({"svg.hashsalt": "schedules", "svg.fonttype": "none"}):
            figure.savefig(path, dpi=120, metadata=metadata)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def check_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Refuses a file name that names no known format.

    Raises:
        SpecError: it does not.
    """
    if path.suffix not in endings:
        raise SpecError(f"{path}: must end in one of {', '.join(endings)}")


def draw(preview: "Preview", path: Path) -> Path:
    """Draws a preview; see `Preview.draw`."""
    check_ending(path, (".png", ".svg", ".html"))
    figure = _figure(preview)
    if path.suffix != ".html":
        return save(figure, path)
    picture = io.StringIO()
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "schedules", "svg.fonttype": "none"}):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    try:
        path.write_text(_page(preview, picture.getvalue()), encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _figure(preview: "Preview") -> "Figure":
    figure = new_figure()
    axes = figure.add_subplot()
    per_epoch = preview.horizon.steps_per_epoch
    axes.plot(preview.epochs, preview.rates, color=_LINE, linewidth=1.8)
    for point in preview.key_points:
        axes.plot(point.step / per_epoch, point.rate, "o", color=_MARK, markersize=4.5, clip_on=False)
    for point in preview.key_points:
        if not point.name.startswith(("start", "last step")):
            at = point.step / per_epoch
            axes.axvline(at, color=_GRID, linewidth=0.9, zorder=0)
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
    axes.set_xlim(0, preview.horizon.epochs)
    axes.spines[["top", "right"]].set_visible(False)
    in_steps = axes.secondary_xaxis("top", functions=(lambda e: e * per_epoch, lambda s: s / per_epoch))
    in_steps.set_xlabel("step", fontsize=8)
    in_steps.tick_params(labelsize=7)
    in_steps.spines["top"].set_visible(False)
    return figure


def _page(preview: "Preview", svg: str) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(point.name)}</th><td>{point.step:,}</td>"
        f"<td>{point.step / preview.horizon.steps_per_epoch:.2f}</td><td>{point.rate:.6g}</td></tr>"
        for point in preview.key_points
    )
    title = f"Learning rate: {escape(preview.name)}"
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
svg {{ width: 100%; height: auto; background: #fff }}
td, th {{ padding: .2rem .8rem; text-align: right }} th[scope=row] {{ text-align: left }}
</style>
<h1>{title}</h1>
<figure role="img" aria-label="Learning rate over {preview.horizon.epochs} epochs">
{svg[svg.index("<svg") :]}
</figure>
<table><thead><tr><th></th><th>step</th><th>epoch</th><th>rate</th></tr></thead><tbody>{rows}</tbody></table>
</html>
"""


def draw_range_test(test: "RangeTest") -> "Figure":
    """The losses of a range test over the rate, with its suggestions."""
    figure = new_figure()
    axes = figure.add_subplot()
    axes.plot(test.rates, test.losses, color=_GRID, linewidth=1, label="loss of the batch")
    axes.plot(test.rates, test.smoothed, color=_LINE, linewidth=1.8, label="smoothed")
    axes.axvspan(*test.bounds, color=_LINE, alpha=0.08, linewidth=0, label="the model learns")
    for marker, (name, rate) in zip("osD", test.suggestions.items(), strict=True):
        at = int(abs(test.rates - rate).argmin())
        axes.plot(rate, test.smoothed[at], marker, color=_MARK, label=f"{name}: {rate:.2g}")
    axes.set_xscale("log")
    # What the loss did after it ran away would flatten all the rest.
    low, start = test.smoothed.min(), test.start
    axes.set_ylim(low - 0.1 * (start - low) - 1e-9, start + 0.5 * (start - low) + 1e-9)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)
    return figure
