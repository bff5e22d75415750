"""The objective of an oracle, as far as it can be checked before the first trial."""

from typing import Any

from reactive_schedules.plateau import directions


def check_objective(objective: Any) -> None:
    """Checks that no direction contradicts its metric.

    Args:
        objective: An objective of KerasTuner's, or one that is a sum of several.

    Raises:
        ValueError: One does; names it.
    """
    for each in getattr(objective, "objectives", [objective]):
        try:
            directions.check(each.name, each.direction)
        except directions.Contradiction as error:
            raise ValueError(f"objective: {error}") from None
