"""What a range test measured, and what follows from it."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from reactive_schedules.ahead.drawing import GRID, LINE, MARK, check_ending, new_figure, save
from reactive_schedules.families.cyclical import CyclicalSpec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A normal variable's standard deviation over the median size of the difference of two.
_DEVIATION = 1.4826 / math.sqrt(2)
MEMORY = 0.9
"""Weight of the past in the smoothed loss."""


@dataclass(frozen=True)
class RangeTest:
    """What a range test measured.

    Fields:
        rates: float64, increasing; one per step taken.
        losses: float64, the loss on that step's batch, before its update.
        diverged: whether the test ended early because the loss diverged.

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
        """Exponential moving average of the losses, corrected for its beginning at 0."""
        average, out = 0.0, []
        for count, loss in enumerate(self.losses, 1):
            average = MEMORY * average + (1 - MEMORY) * loss
            out.append(average / (1 - MEMORY**count))
        return numpy.array(out)

    @property
    def suggestions(self) -> dict[str, float]:
        """Rates to start from.

        - `steepest`: where the smoothed loss falls fastest over the logarithm of the rate;
        - `valley`: in the middle of the longest fall (fastai's default);
        - `minimum/10`: a tenth of the rate with the lowest smoothed loss.
        """
        smoothed = self.smoothed
        slope = numpy.gradient(smoothed, numpy.log(self.rates))
        # The first batches' noise has slopes too: only the fall counts.
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
        """Rates between which the model learns: where a tenth, and where nine tenths of the fall are done.

        These are the base and the maximum of a cyclical rate.
        """
        smoothed, lowest = self.smoothed, int(self.smoothed.argmin())
        fallen = self.start - smoothed[: lowest + 1]
        if fallen[-1] <= 0:  # nothing was learned
            return float(self.rates[lowest]), float(self.rates[lowest])
        # The last time that a tenth is passed: the noise of the first batches may pass it, too.
        above = numpy.flatnonzero(fallen < 0.1 * fallen[-1])
        low = int(above[-1]) + 1 if len(above) else 0
        high = low + int(numpy.argmax(fallen[low:] >= 0.9 * fallen[-1]))
        return float(self.rates[low]), float(self.rates[high])

    @property
    def start(self) -> float:
        """The loss before much is learned: the median of the smoothed ones half-way to the lowest."""
        smoothed = self.smoothed
        return float(numpy.median(smoothed[: smoothed.argmin() // 2 + 1]))

    @property
    def learned(self) -> bool:
        """Whether the smoothed loss fell by more than batches differ; else the suggestions mean nothing."""
        # From one step to the next, of which the median leaves out what the end does when it runs away.
        noise = float(numpy.median(numpy.abs(numpy.diff(self.losses)))) * _DEVIATION
        rounding = 1e-6 * abs(self.start)  # of float32 losses
        return self.start - float(self.smoothed.min()) > noise + rounding

    @property
    def search_range(self) -> dict[str, float | bool]:
        """`bounds` as the range of `learning_rate.peak` in a search space."""
        return {"low": self.bounds[0], "high": self.bounds[1], "log": True}

    def cyclical(self, step_size: int | str = "10%") -> CyclicalSpec:
        """A cyclical rate between `bounds`, as a part of a spec."""
        low, high = self.bounds
        return CyclicalSpec(peak=high, final_ratio=low / high, step_size=step_size)

    def table(self) -> str:
        """The suggestions and bounds, a line each."""
        low, high = self.bounds
        rows = [*self.suggestions.items(), ("learns from", low), ("learns up to", high)]
        end = "the loss ran away" if self.diverged else "the highest rate was reached"
        lines = [f"{name:<13} {rate:.3g}" for name, rate in rows]
        if not self.learned:
            lines.append("nothing was learned: the loss fell by no more than batches differ; try other rates")
        return "\n".join(
            [*lines, f"{len(self.rates)} steps, from {self.rates[0]:.3g} to {self.rates[-1]:.3g}: {end}"]
        )

    def draw(self, path: str | Path) -> Path:
        """Writes a picture of the losses and the suggestions, .png or .svg. Needs matplotlib.

        Raises:
            SpecError: another ending, a folder that does not exist, or matplotlib is missing.
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
    """The losses over the rate, with the suggestions."""
    figure = new_figure()
    axes = figure.add_subplot()
    axes.plot(test.rates, test.losses, color=GRID, linewidth=1, label="loss of the batch")
    axes.plot(test.rates, test.smoothed, color=LINE, linewidth=1.8, label="smoothed")
    axes.axvspan(*test.bounds, color=LINE, alpha=0.08, linewidth=0, label="the model learns")
    for marker, (name, rate) in zip("osD", test.suggestions.items(), strict=True):
        at = int(abs(test.rates - rate).argmin())
        axes.plot(rate, test.smoothed[at], marker, color=MARK, label=f"{name}: {rate:.2g}")
    axes.set_xscale("log")
    # What the loss did after it ran away would flatten all the rest.
    low, start = test.smoothed.min(), test.start
    axes.set_ylim(low - 0.1 * (start - low) - 1e-9, start + 0.5 * (start - low) + 1e-9)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)
    return figure
