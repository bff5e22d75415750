"""The action that cuts the learning rate."""

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
"""Smallest normal float32, the type in which Keras stores the multiplier."""


@register_action
class Decay(Action):
    """Multiplies the learning rate by `factor`."""

    name = "decay"
    parameters = frozenset({"factor"})
    mark = Mark("rate cut", "red", "triangle-down")

    def act(self, state: Present) -> Change | Exhausted:
        """Cuts the learning rate, unless the multiplier would be too small for a float32."""
        multiplier = state.multiplier * state.spec.factor
        if multiplier < LOWEST_MULTIPLIER:
            return Exhausted("the rate is as low as it can be")
        return Change(self, f"rate × {state.spec.factor:g}", multiplier, state.batch_size)

    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "rate × 0.25"."""
        return f"rate × {spec.factor:g}"

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, such as "rate ×0.25"."""
        return f"rate ×{spec.factor:.3g}"
