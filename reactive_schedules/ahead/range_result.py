"""The result of a range test."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from reactive_schedules.ahead.drawing import GRID, LINE, MARK, check_ending, new_figure, save
from reactive_schedules.families.cyclical import CyclicalSpec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Ratio of a normal variable's standard deviation to the median absolute difference of two of its values.
_DEVIATION = 1.4826 / math.sqrt(2)
MEMORY = 0.9
"""Weight of the past in the smoothed loss."""


@dataclass(frozen=True)
class RangeTest:
    """The result of a range test.

    Attributes:
        rates: Learning rate of each step, increasing, float64.
        losses: Loss of each step's batch, before its update, float64.
        diverged: Whether the test ended early because the loss diverged.

    Example:
        >>> found = rs.range_test(model, (x, y), steps=50)
        >>> sorted(found.suggestions)
        ['minimum/10', 'steepest', 'valley']
    """

    rates: numpy.ndarray
    losses: numpy.ndarray
    diverged: bool

    @property
    def smoothed(self) -> numpy.ndarray:
        """Exponential moving average of the losses, with bias correction."""
        average, out = 0.0, []
        for count, loss in enumerate(self.losses, 1):
            average = MEMORY * average + (1 - MEMORY) * loss
            out.append(average / (1 - MEMORY**count))
        return numpy.array(out)

    @property
    def suggestions(self) -> dict[str, float]:
        """Rates to start from.

        - `steepest`: where the smoothed loss falls fastest, with respect to the logarithm of the rate;
        - `valley`: the middle of the longest fall (fastai's default);
        - `minimum/10`: a tenth of the rate with the lowest smoothed loss.
        """
        smoothed = self.smoothed
        slope = numpy.gradient(smoothed, numpy.log(self.rates))
        # Only within the fall, because the noise of the first batches also has slopes.
        falling = (self.rates >= self.bounds[0]) & (self.rates <= self.bounds[1])
        first, last = _longest_fall(smoothed)
        lowest = int(smoothed.argmin())
        return {
            "steepest": float(self.rates[int(numpy.argmin(numpy.where(falling, slope, numpy.inf)))]),
            "valley": float(self.rates[first + (last - first) // 2]),
            "minimum/10": float(self.rates[lowest]) / 10,
        }

    @property
    def bounds(self) -> tuple[float, float]:
        """The rates between which the model learns: after a tenth and after nine tenths of the fall of the loss.

        Use them as the base rate and the peak of a cyclical rate.
        """
        smoothed, lowest = self.smoothed, int(self.smoothed.argmin())
        fallen = self.start - smoothed[: lowest + 1]
        if fallen[-1] <= 0:  # nothing was learned
            return float(self.rates[lowest]), float(self.rates[lowest])
        # The last crossing of a tenth, because the noise of the first batches may cross it, too.
        above = numpy.flatnonzero(fallen < 0.1 * fallen[-1])
        low = int(above[-1]) + 1 if len(above) else 0
        high = low + int(numpy.argmax(fallen[low:] >= 0.9 * fallen[-1]))
        return float(self.rates[low]), float(self.rates[high])

    @property
    def start(self) -> float:
        """The loss before learning: the median of the smoothed losses in the first half before the lowest."""
        smoothed = self.smoothed
        return float(numpy.median(smoothed[: smoothed.argmin() // 2 + 1]))

    @property
    def learned(self) -> bool:
        """Whether the smoothed loss fell by more than the noise between batches; if not, ignore the suggestions."""
        # The median of the differences between steps is robust against the divergence at the end.
        noise = float(numpy.median(numpy.abs(numpy.diff(self.losses)))) * _DEVIATION
        rounding = 1e-6 * abs(self.start)  # of float32 losses
        return self.start - float(self.smoothed.min()) > noise + rounding

    @property
    def search_range(self) -> dict[str, float | bool]:
        """`bounds` as a range for `learning_rate.peak` in a search space."""
        return {"low": self.bounds[0], "high": self.bounds[1], "log": True}

    def cyclical(self, step_size: int | str = "10%") -> CyclicalSpec:
        """A cyclical learning rate between `bounds`, for a training spec."""
        low, high = self.bounds
        return CyclicalSpec(peak=high, final_ratio=low / high, step_size=step_size)

    def table(self) -> str:
        """A text table with one line per suggestion and bound."""
        low, high = self.bounds
        rows = [*self.suggestions.items(), ("learns from", low), ("learns up to", high)]
        end = "the loss diverged" if self.diverged else "reached the highest rate"
        lines = [f"{name:<13} {rate:.3g}" for name, rate in rows]
        if not self.learned:
            lines.append(
                "nothing was learned: the loss fell no more than it varies between batches; try other rates"
            )
        return "\n".join(
            [*lines, f"{len(self.rates)} steps, from {self.rates[0]:.3g} to {self.rates[-1]:.3g}: {end}"]
        )

    def draw(self, path: str | Path) -> Path:
        """Writes a picture of losses and suggestions, a .png or .svg file. Needs matplotlib.

        Returns:
            Path of the file.

        Raises:
            SpecError: The file has another suffix or cannot be written, or matplotlib is not installed.
        """
        check_ending(Path(path), (".png", ".svg"))
        return save(_figure(self), Path(path))


def _longest_fall(values: numpy.ndarray) -> tuple[int, int]:
    """First and last index of the longest decreasing subsequence."""
    length, begin = [1] * len(values), list(range(len(values)))
    for i in range(1, len(values)):
        for j in range(i):
            if values[i] < values[j] and length[i] < length[j] + 1:
                length[i], begin[i] = length[j] + 1, begin[j]
    last = int(numpy.argmax(length))
    return begin[last], last


def _figure(test: RangeTest) -> "Figure":
    """The losses by learning rate, with the suggestions."""
    figure = new_figure()
    axes = figure.add_subplot()
    axes.plot(test.rates, test.losses, color=GRID, linewidth=1, label="loss of the batch")
    axes.plot(test.rates, test.smoothed, color=LINE, linewidth=1.8, label="smoothed")
    axes.axvspan(*test.bounds, color=LINE, alpha=0.08, linewidth=0, label="the model learns")
    for marker, (name, rate) in zip("osD", test.suggestions.items(), strict=True):
        at = int(abs(test.rates - rate).argmin())
        axes.plot(rate, test.smoothed[at], marker, color=MARK, label=f"{name}: {rate:.2g}")
    axes.set_xscale("log")
    # A diverged loss would flatten the rest of the curve.
    low, start = test.smoothed.min(), test.start
    axes.set_ylim(low - 0.1 * (start - low) - 1e-9, start + 0.5 * (start - low) + 1e-9)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)
    return figure
