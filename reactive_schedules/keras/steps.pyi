"""The signatures of `steps.py`, written by `make generate`."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Horizon
from reactive_schedules.families.base import Family, Formula, WarmupShape

SCHEDULES: dict[str, type[StepSchedule]]

class StepSchedule(LearningRateSchedule):
    """A family as a Keras schedule; each subclass is that of one family.

    Args:
        peak: Highest rate.
        horizon: What durations in epochs, percent or examples refer to; an integer is the total of steps.
        **parameters: The family's other parameters.

    Raises:
        SpecError: A ValueError with one line per wrong argument: its name, the value, what is allowed.
    """

    family: ClassVar[type[Family]]
    formula: Formula[Any]
    def __init__(
        self, peak: float, *, horizon: Horizon | int | None = None, **parameters: Any
    ) -> None: ...
    def __call__(self, step: Any) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...

class Constant(StepSchedule):
    """The same rate at every step, after the warm-up if there is one.

    rate(s) = peak

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Constant(0.1, warmup=10)
        >>> round(float(rate(5)), 4)
        0.05
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Cosine(StepSchedule):
    """Half a cosine from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (1 + cos(π s / n)) / 2),    s ≤ n = length, f = final_ratio

    The half-angle form sin²(π (n − s) / 2n) keeps its relative accuracy down to the last step, where
    1 + cos cancels.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5), without restarts.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Final rate over the peak; 0.0 by default.
        length: Steps of the decay, counted from the warm-up's end; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Cosine(0.1, warmup="10%", horizon=100)
        >>> round(float(rate(55)), 4)
        0.05
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class CosineRestarts(StepSchedule):
    """Cosine decays that start over, each `growth` times as long as the one before.

        rate(s) = peak · (f + (1 − f) · cycle_ratio^i · (1 + cos(π p / T_i)) / 2)

    in cycle i, p steps into it, with T_i = period · growth^i and f = final_ratio.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5): T_0 = period,
    T_mult = growth.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Lowest rate over the peak; 0.0 by default.
        period: Length of the first cycle; in steps, or as 5ep, 30% or 50000ex; '20%' by default.
        growth: Length of a cycle over the one before; 1 by default.
        cycle_ratio: Height of a cycle over the one before; 1.0 by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.CosineRestarts(0.1, period=10, growth=2)
        >>> round(float(rate(20)), 4)
        0.05
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        period: int | str = "20%",
        growth: int = 1,
        cycle_ratio: float = 1.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Cyclical(StepSchedule):
    """A triangle wave between the base rate and the peak.

        rate(s) = base + (peak − base) · tri(s) · scale,    base = peak · final_ratio

    `tri` rises from 0 to 1 over `step_size` steps and falls back over as many. `scale` is

    - `triangular`: 1;
    - `triangular2`: 2^−c in cycle c = 0, 1, …;
    - `exp_range`: gamma^s on both bounds, as in the paper, so gamma^s · (base + (peak − base) · tri(s));
    - `exp_range_amplitude`: gamma^s on the amplitude only, as in PyTorch and TensorFlow Addons;
    - the name of a function registered with `rs.cycle_scale`, of the cycle or, with
      `scale_by: step`, of the step.

    Source: Smith 2017 (arXiv 1506.01186, section 3), which advises a step_size of 2 to 10 epochs, and to stop
    at a cycle's end.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Base rate, where cycles begin and end, over the peak; 0.1 by default.
        step_size: Half a cycle; in steps, or as 5ep, 30% or 50000ex; '10%' by default.
        scale: Triangular, triangular2, exp_range, … or a registered name; 'triangular' by default.
        scale_by: What a registered scale function is given; 'cycle' by default.
        gamma: Factor per step, for exp_range; 0.99994 by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Cyclical(0.1, final_ratio=0.2, step_size=50)
        >>> round(float(rate(25)), 4)
        0.06
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.1,
        step_size: int | str = "10%",
        scale: str = "triangular",
        scale_by: Literal["cycle", "step"] = "cycle",
        gamma: float = 0.99994,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Exponential(StepSchedule):
    """The same factor over every stretch of `length` steps.

        rate(s) = peak · final_ratio^(s / length)           smooth
        rate(s) = peak · final_ratio^floor(s / length)      with staircase

    By default `length` is the run, so the run ends at `peak · final_ratio`. A shorter `length`, such as 1ep,
    makes it the factor per epoch: the decay goes on at that pace.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech
    recognition" (ICASSP); the staircase is Goyal et al. 2017 (arXiv 1706.02677, section 5.1), ÷10 every 30
    epochs.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Rate over the peak after `length` steps; 0.01 by default.
        length: Steps over which final_ratio is reached, after the warm-up; the run by default; in steps, or as 5ep, 30% or 50000ex.
        staircase: Hold the rate for `length` steps at a time; False by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Exponential(0.1, length="1ep", final_ratio=0.5, horizon=rs.Horizon(100, 10, 32))
        >>> round(float(rate(200)), 4)
        0.025
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.01,
        length: int | str | None = None,
        staircase: bool = False,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class InverseSquareRoot(StepSchedule):
    """A warm-up to the peak, then the square root of the warm-up over the step.

        rate(s) = peak · √(w / s),    s ≥ w = warmup

    There is no end: the run can be extended at any time. With a linear warm-up from 0 this is the Noam
    schedule `factor · d^−½ · min(s^−½, s · w^−3/2)` for `peak = factor / √(d · w)`, with model width d;
    `InverseSquareRoot.noam` computes that peak.

    Source: Vaswani et al. 2017 (arXiv 1706.03762, section 5.3).

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to the peak; the time scale of the decay; in steps, or as 5ep, 30% or 50000ex; '10%' by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.InverseSquareRoot(0.1, warmup=100)
        >>> round(float(rate(400)), 4)
        0.05
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = "10%",
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...
    @classmethod
    def noam(cls, width: int, warmup: int = 4000, factor: float = 1.0) -> Self:
        """The Transformer's schedule, `factor · width^−½ · min(s^−½, s · warmup^−3/2)`.

        Args:
            width: Width of the model (d_model).
            warmup: Steps of linear warm-up.
            factor: Factor on the rate.

        Raises:
            SpecError: An argument is not positive.
        """
        ...

class InverseTime(StepSchedule):
    """A hyperbola: fast at first, ever slower.

        rate(s) = peak / (1 + (1 / final_ratio − 1) · s / length)            smooth
        rate(s) = peak / (1 + (1 / final_ratio − 1) · floor(s / length))     with staircase

    By default `length` is the run, so the run ends at `peak · final_ratio`; the decay goes on after it.

    Source: Robbins & Monro 1951, "A stochastic approximation method"; Bottou 2012, "Stochastic gradient
    descent tricks".

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Rate over the peak after `length` steps; 0.01 by default.
        length: Steps over which final_ratio is reached, after the warm-up; the run by default; in steps, or as 5ep, 30% or 50000ex.
        staircase: Hold the rate for `length` steps at a time; False by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.InverseTime(0.1, final_ratio=0.1, horizon=100)
        >>> round(float(rate(100)), 4)
        0.01
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.01,
        length: int | str | None = None,
        staircase: bool = False,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Linear(StepSchedule):
    """A straight line from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (n − s) / n),    s ≤ n = length, f = final_ratio

    Source: Li, Yumer & Ramanan 2020, budgeted training (arXiv 1905.04753), who find it robust.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Final rate over the peak; 0.0 by default.
        length: Steps of the decay, counted from the warm-up's end; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Linear(0.1, horizon=100)
        >>> round(float(rate(75)), 4)
        0.025
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class OneCycle(StepSchedule):
    """Up to the peak, then down to far below the start.

        rate(s) = between(start, peak, s / w)                s < w = warmup
        rate(s) = between(peak, final, (s − w) / n)          w ≤ s ≤ w + n, n = length

    with `start = peak · warmup_start`, `final = peak · final_ratio`, and `between(a, b, t)` either
    `a + (b − a) · (1 − cos π t) / 2` (cosine) or `a + (b − a) · t` (linear). With `three_phase` the way down
    first mirrors the way up, over `warmup` steps back to the start, and then goes on to the final rate.

    Source: Smith & Topin 2018, super-convergence (arXiv 1708.07120, section 3); the cosine form and the
    defaults are fastai's.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to the peak; in steps, or as 5ep, 30% or 50000ex; '30%' by default.
        warmup_start: Rate at step 0 over the peak; 0.04 by default.
        final_ratio: Final rate over the peak; 4e-06 by default.
        length: Steps from the peak to the final rate; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        anneal: Course of every phase; 'cosine' by default.
        three_phase: First mirror the way up, then fall to the final rate; False by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.OneCycle(0.1, warmup="30%", horizon=1000)
        >>> round(float(rate(300)), 4)
        0.1
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = "30%",
        warmup_start: float = 0.04,
        final_ratio: float = 4e-06,
        length: int | str | None = None,
        anneal: Literal["cosine", "linear"] = "cosine",
        three_phase: bool = False,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Piecewise(StepSchedule):
    """Constant between boundaries.

        rate(s) = peak · ratios[i],    boundaries[i−1] ≤ s < boundaries[i]

    Boundaries count from step 0 (also with a warm-up, which must end by the first one), and the new rate
    holds from the boundary on. Keras' own PiecewiseConstantDecay changes one step later.

    Source: He et al. 2016 (arXiv 1512.03385, section 4.2): ÷10 at two points of the run.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        boundaries: Where the rate changes; in steps, or as 5ep, 30% or 50000ex; ('50%', '75%') by default.
        ratios: Rates over the peak, one more than boundaries; (1.0, 0.1, 0.01) by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Piecewise(0.1, boundaries=["50%", "75%"], horizon=100)
        >>> round(float(rate(60)), 4)
        0.01
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        boundaries: Sequence[int | str] = ("50%", "75%"),
        ratios: Sequence[float] = (1.0, 0.1, 0.01),
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Polynomial(StepSchedule):
    """A power of the share that remains.

        rate(s) = peak · (f + (1 − f) · ((n − s) / n)^power),    s ≤ n = length, f = final_ratio

    Source: Chen et al. 2017, DeepLabv3 (arXiv 1706.05587, section 4.1), the "poly" policy.

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Final rate over the peak; 0.0 by default.
        length: Steps of the decay, counted from the warm-up's end; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        power: Exponent; 1 is a straight line; 2.0 by default.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.Polynomial(0.1, power=2, horizon=100)
        >>> round(float(rate(50)), 4)
        0.025
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        length: int | str | None = None,
        power: float = 2.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class REX(StepSchedule):
    """Stays high for long, then falls steeply.

        rate(s) = peak · (f + (1 − f) · (1 − t) / (1 − t/2)),    t = s / n ≤ 1, n = length, f = final_ratio

    Source: Chen, Wolfe & Kyrillidis 2021 (arXiv 2107.04197).

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to its first value; in steps, or as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Final rate over the peak; 0.0 by default.
        length: Steps of the decay, counted from the warm-up's end; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.REX(0.1, horizon=100)
        >>> round(float(rate(50)), 4)
        0.0667
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class WarmupStableDecay(StepSchedule):
    """A plateau at the peak, then a short tail at the end.

        rate(s) = peak                                            until the tail
        rate(s) = peak · (f + (1 − f) · tail(u)),  u = 1 − r/d    r steps before the end, r ≤ d = decay

    with `tail(u)` one of `1 − u` (linear), `(1 + cos π u) / 2` (cosine) or `1 − √u` (1-sqrt), and
    `f = final_ratio`. The plateau can be extended at any time, since only the tail depends on the end.

    Source: Hu et al. 2024, MiniCPM (arXiv 2404.06395, section 4); the 1 − √u tail: Hägele et al. 2024
    (arXiv 2405.18392, section 3).

    Args:
        peak: Highest rate the schedule reaches.
        warmup: How long the rate rises to the peak; in steps, or as 5ep, 30% or 50000ex; '5%' by default.
        warmup_shape: Course of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 over the rate at the end of the warm-up; 0.0 by default.
        final_ratio: Final rate over the peak; 0.0 by default.
        decay: How long the tail at the end takes; in steps, or as 5ep, 30% or 50000ex; '10%' by default.
        tail: Course of the tail; 'linear' by default.
        length: Steps of plateau and tail, after the warm-up; the rest of the run by default; in steps, or as 5ep, 30% or 50000ex.
        horizon: What durations in epochs, percent or examples refer to, or the total of steps.

    Example:
        >>> rate = rs.WarmupStableDecay(0.1, decay="20%", horizon=100)
        >>> round(float(rate(90)), 4)
        0.05
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = "5%",
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        decay: int | str = "10%",
        tail: Literal["linear", "cosine", "1-sqrt"] = "linear",
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...
