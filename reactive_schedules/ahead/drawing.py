"""What all pictures have in common: the figure, its colours, and the file it goes to."""

from pathlib import Path
from typing import TYPE_CHECKING

from reactive_schedules.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE, MARK, GRID = "#1f6f8b", "#c8553d", "#d9d9d9"
"""Colours of a curve, of a point on it, and of what lies behind them."""


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
        with matplotlib.rc_context({"svg.hashsalt": "reactive_schedules", "svg.fonttype": "none"}):
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
