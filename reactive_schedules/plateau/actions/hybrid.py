"""The action that increases the batch size up to its maximum, then cuts the learning rate."""

from reactive_schedules.plateau.actions.base import (
    Action,
    Change,
    Exhausted,
    Parameters,
    Present,
    register_action,
)
from reactive_schedules.plateau.actions.decay import Decay
from reactive_schedules.plateau.actions.grow import Grow

_FIRST, _THEN = Grow(), Decay()


@register_action
class Hybrid(Action):
    """Grows the batch size up to its maximum, then decays the learning rate. Its decisions are "grow" and "decay"."""

    name = "hybrid"
    parameters = Grow.parameters | Decay.parameters
    changes_batch = True

    def act(self, state: Present) -> Change | Exhausted:
        """Increases the batch size if it is below its maximum, otherwise cuts the learning rate."""
        change = _FIRST.act(state)
        return _THEN.act(state) if isinstance(change, Exhausted) else change

    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "batch × 4 up to 512, then rate × 0.25"."""
        return f"{_FIRST.describe(spec)}, then {_THEN.describe(spec)}"

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, such as "batch ×4, then rate ×0.25"."""
        return f"{_FIRST.describe_briefly(spec)}, then {_THEN.describe_briefly(spec)}"
