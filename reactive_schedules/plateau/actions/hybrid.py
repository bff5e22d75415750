"""The batch grows, and when it can grow no more, the rate is cut."""

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
    """Grows the batch up to its maximum, and cuts the rate from there on; its decisions are theirs."""

    name = "hybrid"
    parameters = Grow.parameters | Decay.parameters
    changes_batch = True

    def act(self, state: Present) -> Change | Exhausted:
        """A growth while there is room for one, else a cut."""
        change = _FIRST.act(state)
        return _THEN.act(state) if isinstance(change, Exhausted) else change

    def describe(self, spec: Parameters) -> str:
        """As "batch × 4 up to 512, then rate × 0.25"."""
        return f"{_FIRST.describe(spec)}, then {_THEN.describe(spec)}"

    def describe_briefly(self, spec: Parameters) -> str:
        """As "batch ×4, then rate ×0.25"."""
        return f"{_FIRST.describe_briefly(spec)}, then {_THEN.describe_briefly(spec)}"
