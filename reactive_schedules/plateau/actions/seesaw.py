"""The action that cuts the learning rate and increases the batch size at once."""

from reactive_schedules.plateau.actions.base import (
    Action,
    Change,
    Exhausted,
    Mark,
    Parameters,
    Present,
    register_action,
)
from reactive_schedules.plateau.actions.decay import LOWEST_MULTIPLIER, Decay
from reactive_schedules.plateau.actions.grow import Grow

_DECAY, _GROW = Decay(), Grow()


@register_action
class Seesaw(Action):
    """Multiplies the batch size by `growth` and the learning rate by 1/√growth, instead of the latter by 1/growth.

    For normalised updates such as Adam's, the two have the same effect on the loss, but the larger batch needs fewer
    updates. Of a batch that grows by less, because of its maximum, the rest is made up for by the rate. Where only the
    rate changes, the decision is "decay".

    Source: Meterez et al. 2025, Seesaw (arXiv 2510.14717), with a growth of 2.
    """

    name = "seesaw"
    parameters = frozenset({"growth", "max_batch_size"})
    changes_batch = True
    mark = Mark("rate cut and batch grown", "orange", "diamond")

    def act(self, state: Present) -> Change | Exhausted:
        """Cuts the rate and increases the batch size, unless the multiplier would be too small for a float32."""
        grown = _GROW.act(state)
        size = state.batch_size if isinstance(grown, Exhausted) else grown.batch_size
        factor = (size / state.batch_size) ** 0.5 / state.spec.growth
        if factor >= 1:  # the smallest batches grow by more than `growth`, because by a whole example
            factor = (size / state.batch_size) ** -0.5
        multiplier = state.multiplier * factor
        if multiplier < LOWEST_MULTIPLIER:
            return Exhausted("the rate is as low as it can be")
        words = f"rate × {factor:.3g}"
        if size == state.batch_size:
            return Change(_DECAY, words, multiplier, size)
        return Change(self, f"{words} and batch {state.batch_size} → {size}", multiplier, size)

    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "rate × 0.707 and batch × 2 up to 512, then rate × 0.5"."""
        return f"rate × {spec.growth**-0.5:.3g} and {_GROW.describe(spec)}, then rate × {1 / spec.growth:.3g}"

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, such as "rate ×0.707, batch ×2"."""
        return f"rate ×{spec.growth**-0.5:.3g}, {_GROW.describe_briefly(spec)}"
