"""A preview of a schedule before training: numbers, a text chart, a picture. Needs only numpy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy

from reactive_schedules.ahead import preview_picture
from reactive_schedules.ahead.key_point import KeyPoint
from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.families.base import Family, Formula
from reactive_schedules.spec.training_spec import TrainingSpec

# More points than the width of any picture in pixels.
_MOST_POINTS = 20_000
# A schedule that does not accept arrays takes about a millisecond per step.
_MOST_CALLS = 2_000
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Preview:
    """The learning rates of a schedule over a run.

    Attributes:
        name: Name of the family, or of the schedule's class.
        horizon: Length of the run.
        steps: Steps in ascending order, int64: all steps of the run, or the key points and 20,000 evenly spaced steps
            (2,000 if the schedule does not accept arrays).
        rates: Learning rate at each of `steps`, float64.
        key_points: Key points in order, such as start, peak, boundaries and end.

    Example:
        >>> spec = rs.TrainingSpec.from_yaml("learning_rate: {family: linear, peak: 0.5}")
        >>> print(rs.preview(spec, rs.Horizon(steps_per_epoch=10, epochs=2, batch_size=32)).sparkline(20))
        ███▇▇▆▆▆▅▅▄▄▄▃▃▂▂▂▁▁
    """

    name: str
    horizon: Horizon
    steps: numpy.ndarray
    rates: numpy.ndarray
    key_points: tuple[KeyPoint, ...]

    @property
    def epochs(self) -> numpy.ndarray:
        """`steps` in epochs."""
        return self.steps / self.horizon.steps_per_epoch

    def sparkline(self, width: int = 72, height: int = 1) -> str:
        """A chart of block characters, with `height` lines of `width` columns; a column shows its highest rate."""
        column = self.steps * width // self.horizon.total_steps
        highest = numpy.array([self.rates[column == i].max(initial=0) for i in range(width)])
        # In a run with fewer steps than columns, a column without a step repeats the previous one.
        for i in numpy.flatnonzero(~numpy.isin(numpy.arange(width), column)):
            highest[i] = highest[i - 1]
        # Any rate above 0 gets at least the lowest block, but rounding errors must not add a block.
        share = highest / (self.rates.max() or 1)
        eighths = numpy.ceil(share * height * 8 * (1 - 1e-12)).astype(int)
        lines = [
            "".join(_BLOCKS[min(max(count - 8 * row, 0), 8)] for count in eighths)
            for row in reversed(range(height))
        ]
        return "\n".join(lines)

    def table(self) -> str:
        """A text table with one row per key point."""
        rows = [("", "step", "epoch", "rate", "of peak")]
        for point in self.key_points:
            epoch = point.step / self.horizon.steps_per_epoch
            share = point.rate / (self.rates.max() or 1)
            rows.append((point.name, f"{point.step:,}", f"{epoch:.2f}", f"{point.rate:.4g}", f"{share:.2%}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(map(str.rjust, row[1:], widths[1:]))]) for row in rows
        )

    def draw(self, path: str | Path) -> Path:
        """Writes a picture, a .png or .svg file, or a page with picture and table, an .html file. Needs matplotlib.

        Returns:
            Path of the file.

        Raises:
            SpecError: The file has another suffix or cannot be written, or matplotlib is not installed.
        """
        return preview_picture.draw(
            self.name, self.horizon, self.epochs, self.rates, self.key_points, Path(path)
        )


def preview(spec: TrainingSpec | Family | Callable, horizon: Horizon) -> Preview:
    """Computes the learning rates of a schedule over a run, without any reaction to plateaus.

    Args:
        spec: Training spec, family, Keras schedule or function of the step. A schedule without a family has the key
            points start, peak and end.
        horizon: Length of the run.

    Raises:
        SpecError: The durations do not fit the horizon, or an argument has the wrong type.
    """
    if not isinstance(horizon, Horizon):
        raise SpecError(
            f"horizon: must be a Horizon, such as Horizon(steps_per_epoch=100, epochs=10, batch_size=32); "
            f"got {horizon!r}"
        )
    if isinstance(spec, TrainingSpec):
        try:
            schedule = spec.learning_rate.resolve(horizon)
        except SpecError as error:
            raise prefixed(error, "learning_rate") from None
    elif isinstance(spec, Family):
        schedule = spec.resolve(horizon)
    else:
        schedule = getattr(spec, "formula", spec)
    if not callable(schedule):
        raise SpecError(
            f"spec: must be a TrainingSpec, a family, or a schedule (use TrainingSpec.parse for a mapping); "
            f"got {spec!r}"
        )
    known = isinstance(schedule, Formula)
    last = horizon.total_steps - 1
    marks = [(name, at) for name, at in schedule.landmarks if at <= last] if known else []
    steps = _points(last, _MOST_POINTS, marks)
    rates = _at_once(schedule, steps)
    if rates is None:
        steps = _points(last, _MOST_CALLS, marks)
        rates = numpy.array([float(numpy.asarray(schedule(step))) for step in steps.tolist()])
    top = int(steps[rates.argmax()])
    names: dict[int, list[str]] = {}
    for name, at in [("start", 0), ("peak", top), *marks, ("last step", last)]:
        if name not in names.setdefault(at, []):
            names[at].append(name)
    rate_at = dict(zip(steps.tolist(), rates.tolist(), strict=True))
    points = tuple(KeyPoint(", ".join(names[at]), at, rate_at[at]) for at in sorted(names))
    return Preview(schedule.spec.family if known else type(schedule).__name__, horizon, steps, rates, points)


def _points(last: int, most: int, marks: list[tuple[str, int]]) -> numpy.ndarray:
    even = numpy.linspace(0, last, min(last + 1, most)).round().astype("int64")
    # Includes the step before a mark, because there may be a jump.
    near = [at + offset for _, at in marks for offset in (-1, 0) if at + offset >= 0]
    return numpy.unique(numpy.concatenate([even, numpy.array(near, dtype="int64")]))


def _at_once(schedule: Callable, steps: numpy.ndarray) -> numpy.ndarray | None:
    """The rates, or None if the schedule does not accept arrays, such as Keras' CosineDecay with a warm-up."""
    try:
        rates = numpy.asarray(schedule(steps), dtype="float64")
    except Exception:  # a schedule may raise anything for an array; other errors recur with single steps
        return None
    return rates if rates.shape == steps.shape else None
