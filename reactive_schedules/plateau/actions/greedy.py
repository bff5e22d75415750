"""The action that raises the learning rate while the metric improves, and cuts it when it does not."""

from reactive_schedules.plateau.actions.base import (
    Action,
    Change,
    Exhausted,
    Mark,
    Parameters,
    Present,
    register_action,
)
from reactive_schedules.plateau.actions.decay import Decay

_DECAY = Decay()


@register_action
class Greedy(Action):
    """Divides the learning rate by `factor` after improvements in a row, and multiplies it by `factor` at a plateau.

    It takes as many improvements in a row for a raise as epochs without one for a cut, `patience`. Raises do not count
    towards `max_actions`, and end at `max_multiplier`. Its decisions are "greedy" (a raise) and "decay".

    Source: Subramanian & Ganapathiraman 2025, GreedyLR (arXiv 2512.14527), which is `lr_scheduler_type="greedy"` in
    Hugging Face.
    """

    name = "greedy"
    parameters = frozenset({"factor", "max_multiplier"})
    mark = Mark("rate raised", "green", "triangle-up")

    def act(self, state: Present) -> Change | Exhausted:
        """Cuts the learning rate."""
        return _DECAY.act(state)

    def improve(self, state: Present) -> Change | None:
        """Raises the learning rate, at most to `max_multiplier` times that of the schedule."""
        multiplier = min(state.multiplier / state.spec.factor, state.spec.max_multiplier)
        if multiplier <= state.multiplier:
            return None
        return Change(self, f"rate × {multiplier / state.multiplier:.4g}", multiplier, state.batch_size)

    def describe(self, spec: Parameters) -> str:
        """The cut in words, such as "rate × 0.9"."""
        return _DECAY.describe(spec)

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, such as "rate ×0.9 or ÷0.9"."""
        return f"{_DECAY.describe_briefly(spec)} or ÷{spec.factor:.3g}"

    def describe_improvement(self, spec: Parameters) -> str:
        """The raise in words, such as "rate ÷ 0.9 up to × 10"."""
        return f"rate ÷ {spec.factor:g} up to × {spec.max_multiplier:g}"
