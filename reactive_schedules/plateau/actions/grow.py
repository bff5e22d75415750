"""The action that increases the batch size."""

from reactive_schedules.plateau.actions.base import (
    Action,
    Change,
    Exhausted,
    Mark,
    Parameters,
    Present,
    register_action,
)


@register_action
class Grow(Action):
    """Multiplies the batch size by `growth`, up to `max_batch_size`."""

    name = "grow"
    parameters = frozenset({"growth", "max_batch_size"})
    changes_batch = True
    mark = Mark("batch grown", "purple", "triangle-up")

    def act(self, state: Present) -> Change | Exhausted:
        """Increases the batch size, at most to its maximum."""
        if state.batch_size >= state.max_batch_size:
            return Exhausted(f"the batch is at its maximum of {state.max_batch_size}")
        # Adds at least one example: with a small factor, small batches would be rounded back to their size.
        larger = max(state.batch_size + 1, round(state.batch_size * state.spec.growth))
        size = min(state.max_batch_size, larger)
        return Change(self, f"batch {state.batch_size} → {size}", state.multiplier, size)

    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "batch × 4 up to 512"."""
        limit = "a tenth of the training data" if spec.max_batch_size is None else spec.max_batch_size
        return f"batch × {spec.growth:g} up to {limit}"

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, such as "batch ×4"."""
        return f"batch ×{spec.growth:.3g}"
