"""The figures, colours and files of pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

from reactive_schedules.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE, MARK, GRID = "#1f6f8b", "#c8553d", "#d9d9d9"
"""Colours of curves, of points on them, and of the background."""


def new_figure(width: float = 8.0, height: float = 3.2) -> "Figure":
    """An empty figure, without a window and without global state.

    Args:
        width: Width, in inches.
        height: Height, in inches.

    Raises:
        SpecError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SpecError(
            "picture: matplotlib is not installed; run pip install 'reactive-schedules[plots]'"
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: "Figure", path: Path) -> Path:
    """Writes a figure to a .png or .svg file; returns its path.

    Raises:
        SpecError: The file has another suffix, or cannot be written.
    """
    check_ending(path, (".png", ".svg"))
    # Without a date, and with fixed ids, the file of a schedule is reproducible.
    import matplotlib

    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    try:
        with matplotlib.rc_context({"svg.hashsalt": "reactive_schedules", "svg.fonttype": "none"}):
            figure.savefig(path, dpi=120, metadata=metadata)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def check_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Checks the suffix of a file.

    Raises:
        SpecError: The suffix is not one of `endings`.
    """
    if path.suffix not in endings:
        raise SpecError(f"{path}: must end in one of {', '.join(endings)}")
