"""The signatures of `steps.py`, written by `make generate`."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Horizon
from reactive_schedules.families.base import Family, Formula, WarmupShape

SCHEDULES: dict[str, type[StepSchedule]]

class StepSchedule(LearningRateSchedule):
    """The base class of families as Keras schedules; each subclass implements one family.

    Args:
        peak: Highest learning rate of the schedule.
        horizon: Length of the run, which durations in epochs, percent or examples refer to; an integer is the total
            number of steps.
        **parameters: Other parameters of the family.

    Raises:
        SpecError: A ValueError with one line per invalid argument: its name, what is allowed, and the value.
    """

    family: ClassVar[type[Family]]
    formula: Formula[Any]
    def __init__(
        self, peak: float, *, horizon: Horizon | int | None = None, **parameters: Any
    ) -> None: ...
    def __call__(self, step: Any) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...

class Constant(StepSchedule):
    """A constant rate, after an optional warm-up.

    rate(s) = peak

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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

    Computed in the half-angle form sin²(π (n − s) / 2n), which is accurate to the last step, where 1 + cos suffers
    from cancellation.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5), without restarts.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of the decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        k_decay: Exponent on the share of the decay that is done; 1.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
        k_decay: float = 1.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class CosineRestarts(StepSchedule):
    """Cosine decays that restart, each `growth` times as long as the previous one.

        rate(s) = peak · (f + (1 − f) · cycle_ratio^i · (1 + cos(π p / T_i)) / 2)

    in cycle i, p steps into it, with T_i = period · growth^i and f = final_ratio.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5): T_0 = period,
    T_mult = growth.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Lowest rate as a fraction of the peak; 0.0 by default.
        period: Duration of the first cycle; a number of steps, or text such as 5ep, 30% or 50000ex; '20%' by default.
        growth: Ratio of a cycle's length to the previous one's; 1 by default.
        cycle_ratio: Ratio of a cycle's height to the previous one's; 1.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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

class CosLog(StepSchedule):
    """Waves from the lowest rate to the peak and back, each twice as long as the previous one.

        rate(s) = peak · (f + (1 − f) · (1 − cos(2π log₂(1 + (2^k − 1) s / n))) / 2)

    for s ≤ n = length, with k = cycles and f = final_ratio. It begins and ends at the lowest rate.

    Source: Holzmüller, Grinsztajn & Steinwart 2024, RealMLP (arXiv 2407.04491, section 3), with k = 4.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Lowest rate as a fraction of the peak; 0.0 by default.
        cycles: Number of waves; 4 by default.
        length: Duration of the waves after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

    Example:
        >>> rate = rs.CosLog(0.1, horizon=1500)
        >>> [round(float(rate(step)), 4) for step in (0, 100, 300, 700, 1500)]
        [0.0, 0.0, 0.0, 0.0, 0.0]
        >>> round(float(rate(1031)), 4)
        0.1
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        final_ratio: float = 0.0,
        cycles: int = 4,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Cyclical(StepSchedule):
    """A triangle wave between the base rate and the peak.

        rate(s) = base + (peak − base) · tri(s) · scale,    base = peak · final_ratio

    `tri` rises from 0 to 1 over `step_size` steps and falls back over the same number of steps. `scale` is

    - `triangular`: 1;
    - `triangular2`: 2^−c in cycle c = 0, 1, …;
    - `exp_range`: gamma^s on both bounds, as in the paper, so gamma^s · (base + (peak − base) · tri(s));
    - `exp_range_amplitude`: gamma^s on the amplitude only, as in PyTorch and TensorFlow Addons;
    - the name of a function registered with `rs.cycle_scale`, a function of the cycle or, with
      `scale_by: step`, of the step.

    Source: Smith 2017 (arXiv 1506.01186, section 3), which recommends a step_size of 2 to 10 epochs, and stopping
    at the end of a cycle.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Base rate as a fraction of the peak; 0.1 by default.
        step_size: Duration of half a cycle; a number of steps, or text such as 5ep, 30% or 50000ex; '10%' by default.
        scale: Scale of the cycles: triangular, triangular2, exp_range, exp_range_amplitude or a registered name; 'triangular' by default.
        scale_by: Argument of a registered scale function; 'cycle' by default.
        gamma: Factor per step with exp_range and exp_range_amplitude; 0.99994 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
    """Decays by the same factor in every `length` steps.

        rate(s) = peak · final_ratio^(s / length)           smooth
        rate(s) = peak · final_ratio^floor(s / length)      with staircase

    By default `length` is the whole run, which then ends at `peak · final_ratio`. With a shorter `length`, such as
    1ep, `final_ratio` is the factor per epoch, and the decay continues at that pace.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech
    recognition" (ICASSP); the staircase is Goyal et al. 2017 (arXiv 1706.02677, section 5.1), ÷10 every 30
    epochs.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Rate after `length` as a fraction of the peak; 0.01 by default.
        length: Duration of the decay to final_ratio after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        staircase: Whether to hold the rate for `length` at a time; False by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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

class FlatCosine(StepSchedule):
    """The peak for a share of the run, then half a cosine to the final rate.

        rate(s) = peak                                                          s ≤ h = flat
        rate(s) = peak · (f + (1 − f) · (1 + cos(π (s − h) / (n − h))) / 2)     h ≤ s ≤ n = length

    with f = final_ratio. Like `warmup_stable_decay` with a cosine tail, but given by the duration of the peak.

    Source: fastai's `fit_flat_cos` (2019); RealMLP decays dropout and weight decay so (arXiv 2407.04491), with half of
    the run flat.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        flat: Duration of the peak, after the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; '50%' by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of peak and decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

    Example:
        >>> rate = rs.FlatCosine(0.1, flat="50%", horizon=100)
        >>> [round(float(rate(step)), 4) for step in (0, 50, 75, 100)]
        [0.1, 0.1, 0.05, 0.0]
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = 0,
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        flat: int | str = "50%",
        final_ratio: float = 0.0,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class InverseSquareRoot(StepSchedule):
    """A warm-up to the peak, then a decay with the inverse square root of the step.

        rate(s) = peak · √(w / s),    s ≥ w = warmup

    The decay has no end, so a run can be extended at any time. With a linear warm-up from 0 this is the Noam
    schedule `factor · d^−½ · min(s^−½, s · w^−3/2)` for `peak = factor / √(d · w)` and a model of width d;
    `InverseSquareRoot.noam` computes that peak.

    Source: Vaswani et al. 2017 (arXiv 1706.03762, section 5.3).

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up, and time scale of the decay; a number of steps, or text such as 5ep, 30% or 50000ex; '10%' by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
            warmup: Number of steps of the linear warm-up.
            factor: Factor on the learning rate.

        Raises:
            SpecError: An argument is not positive.
        """
        ...

class InverseTime(StepSchedule):
    """A hyperbola, which falls fast at first and then ever more slowly.

        rate(s) = peak / (1 + (1 / final_ratio − 1) · s / length)            smooth
        rate(s) = peak / (1 + (1 / final_ratio − 1) · floor(s / length))     with staircase

    By default `length` is the whole run, which then ends at `peak · final_ratio`. After a shorter `length`, the decay
    continues.

    Source: Robbins & Monro 1951, "A stochastic approximation method"; Bottou 2012, "Stochastic gradient
    descent tricks".

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Rate after `length` as a fraction of the peak; 0.01 by default.
        length: Duration of the decay to final_ratio after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        staircase: Whether to hold the rate for `length` at a time; False by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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

    Source: Li, Yumer & Ramanan 2020, budgeted training (arXiv 1905.04753), who find linear decay robust.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of the decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        k_decay: Exponent on the share of the decay that is done; 1.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
        k_decay: float = 1.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class OneCycle(StepSchedule):
    """Rises to the peak, then falls to far below the first rate.

        rate(s) = between(start, peak, s / w)                s < w = warmup
        rate(s) = between(peak, final, (s − w) / n)          w ≤ s ≤ w + n, n = length

    with `start = peak · warmup_start`, `final = peak · final_ratio`, and `between(a, b, t)` either
    `a + (b − a) · (1 − cos π t) / 2` (cosine) or `a + (b − a) · t` (linear). With `three_phase` the rate first falls
    back to the start in `warmup` steps, mirroring the rise, and then to the final rate.

    Source: Smith & Topin 2018, super-convergence (arXiv 1708.07120, section 3); the cosine form and the
    defaults are fastai's.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the rise to the peak; a number of steps, or text such as 5ep, 30% or 50000ex; '30%' by default.
        warmup_start: Rate at step 0 as a fraction of the peak; 0.04 by default.
        final_ratio: Final rate as a fraction of the peak; 4e-06 by default.
        length: Duration of the fall to the final rate; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        anneal: Shape of each phase; 'cosine' by default.
        three_phase: Whether to mirror the rise before falling to the final rate; False by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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

    Boundaries count from step 0, even with a warm-up, which must end by the first boundary. The new rate applies from
    the boundary on; Keras' PiecewiseConstantDecay changes one step later.

    Source: He et al. 2016 (arXiv 1512.03385, section 4.2): ÷10 at two points of the run.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        boundaries: Points of the run at which the rate changes; a number of steps, or text such as 5ep, 30% or 50000ex; ('50%', '75%') by default.
        ratios: Rates as fractions of the peak, one more than boundaries; (1.0, 0.1, 0.01) by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
    """Decays with a power of the remaining share of the run.

        rate(s) = peak · (f + (1 − f) · ((n − s) / n)^power),    s ≤ n = length, f = final_ratio

    Source: Chen et al. 2017, DeepLabv3 (arXiv 1706.05587, section 4.1), the "poly" policy.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of the decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        k_decay: Exponent on the share of the decay that is done; 1.0 by default.
        power: Exponent, where 1 is a straight line; 2.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
        k_decay: float = 1.0,
        power: float = 2.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Power(StepSchedule):
    """The peak until a fixed step, then a power law of the step, and a short tail at the end.

        rate(s) = peak · min(1, (h / s)^exponent)                h = hold, s counted from the start of the warm-up
        rate(s) = last · r / d + peak · f · (1 − r / d)          r steps before the end, r ≤ d = decay

    with f = final_ratio, and the rate `last` at the beginning of the tail. If `hold` is in steps or examples, only the
    tail depends on the length of the run, so the run can be extended at any time before it; `decay: 0` has no tail.

    The paper writes min(η_max, β a n^b) for the batch size β and n tokens. That is peak = η_max, exponent = −b, and a
    hold of (β a / η_max)^(−1/b) tokens, with b = −0.51.

    Source: Shen et al. 2024, Power Scheduler (arXiv 2408.13359, section 4).

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up to the peak; a number of steps, or text such as 5ep, 30% or 50000ex; '5%' by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        hold: Time up to which the rate is the peak, from the start of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; '10%' by default.
        exponent: Exponent of the power law; 0.51 by default.
        decay: Duration of the tail; a number of steps, or text such as 5ep, 30% or 50000ex; '10%' by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of peak, power law and tail after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

    Example:
        >>> rate = rs.Power(0.1, warmup=0, hold=100, exponent=0.5, decay=0, horizon=1000)
        >>> [round(float(rate(step)), 4) for step in (0, 100, 400)]
        [0.1, 0.1, 0.05]
    """

    def __init__(
        self,
        peak: float,
        *,
        warmup: int | str = "5%",
        warmup_shape: Literal["linear", "exponential", "constant"] = "linear",
        warmup_start: float = 0.0,
        hold: int | str = "10%",
        exponent: float = 0.51,
        decay: int | str = "10%",
        final_ratio: float = 0.0,
        length: int | str | None = None,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class REX(StepSchedule):
    """Stays high for most of the run, then falls steeply.

        rate(s) = peak · (f + (1 − f) · (1 − t) / (1 − t/2)),    t = s / n ≤ 1, n = length, f = final_ratio

    Source: Chen, Wolfe & Kyrillidis 2021 (arXiv 2107.04197).

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of the decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        k_decay: Exponent on the share of the decay that is done; 1.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
        k_decay: float = 1.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class Tanh(StepSchedule):
    """Half a hyperbolic tangent from almost the peak to almost the final rate.

        rate(s) = peak · (f + (1 − f) · (1 − tanh(L + (U − L) s / n)) / 2),    s ≤ n = length

    with f = final_ratio, L = lower and U = upper. It begins at (1 − tanh L) / 2 of the way from the final rate to the
    peak, and ends at (1 − tanh U) / 2 of it: 0.25 % with the default.

    Source: Hsueh et al. 2019, hyperbolic-tangent decay (arXiv 1806.01593, section 3), with L = −6 and U = 3.

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up; a number of steps, or text such as 5ep, 30% or 50000ex; 0 by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        length: Duration of the decay after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        k_decay: Exponent on the share of the decay that is done; 1.0 by default.
        lower: Argument of the hyperbolic tangent at the beginning; -6.0 by default.
        upper: Argument of the hyperbolic tangent at the end; 3.0 by default.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

    Example:
        >>> rate = rs.Tanh(0.1, horizon=90)
        >>> [round(float(rate(step)), 4) for step in (0, 60, 90)]
        [0.1, 0.05, 0.0002]
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
        k_decay: float = 1.0,
        lower: float = -6.0,
        upper: float = 3.0,
        horizon: Horizon | int | None = None,
    ) -> None: ...

class WarmupStableDecay(StepSchedule):
    """A constant rate at the peak, then a short tail at the end.

        rate(s) = peak                                            until the tail
        rate(s) = peak · (f + (1 − f) · tail(u)),  u = 1 − r/d    r steps before the end, r ≤ d = decay

    with `tail(u)` one of `1 − u` (linear), `(1 + cos π u) / 2` (cosine) or `1 − √u` (1-sqrt), and
    `f = final_ratio`. Only the tail depends on the end of the run, so the run can be extended at any time before it.

    Source: Hu et al. 2024, MiniCPM (arXiv 2404.06395, section 4); the 1 − √u tail: Hägele et al. 2024
    (arXiv 2405.18392, section 3).

    Args:
        peak: Highest learning rate of the schedule.
        warmup: Duration of the warm-up to the peak; a number of steps, or text such as 5ep, 30% or 50000ex; '5%' by default.
        warmup_shape: Shape of the warm-up; 'linear' by default.
        warmup_start: Rate at step 0 as a fraction of the rate after the warm-up; 0.0 by default.
        final_ratio: Final rate as a fraction of the peak; 0.0 by default.
        decay: Duration of the tail; a number of steps, or text such as 5ep, 30% or 50000ex; '10%' by default.
        tail: Shape of the tail; 'linear' by default.
        length: Duration of peak and tail after the warm-up; the rest of the run by default; a number of steps, or text such as 5ep, 30% or 50000ex.
        horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps.

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
