"""The rate is cut."""

from reactive_schedules.plateau.actions.base import (
    Action,
    Change,
    Exhausted,
    Mark,
    Parameters,
    Present,
    register_action,
)

LOWEST_MULTIPLIER = 2.0**-126
"""Keras holds the multiplier as a float32, which goes no lower in full precision."""


@register_action
class Decay(Action):
    """Multiplies the learning rate by `factor`."""

    name = "decay"
    parameters = frozenset({"factor"})
    mark = Mark("rate cut", "red", "triangle-down")

    def act(self, state: Present) -> Change | Exhausted:
        """Cuts the rate, down to what a float32 holds."""
        multiplier = state.multiplier * state.spec.factor
        if multiplier < LOWEST_MULTIPLIER:
            return Exhausted("the rate is as low as it can be")
        return Change(self, f"rate × {state.spec.factor:g}", multiplier, state.batch_size)

    def describe(self, spec: Parameters) -> str:
        """As "rate × 0.25"."""
        return f"rate × {spec.factor:g}"

    def describe_briefly(self, spec: Parameters) -> str:
        """As "rate ×0.25"."""
        return f"rate ×{spec.factor:.3g}"
