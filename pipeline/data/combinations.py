"""Labels that are several labels in one cell, such as `drama|comedy`."""

from collections import Counter
from collections.abc import Sequence

from components.errors import DataError

SEPARATORS = ("|", ";")
"""What stands between the labels of a cell; commas are in too many names."""


def refuse(values: Sequence[str], label: str) -> None:
    """Refuses a label whose values are combinations of others.

    Args:
        values: Distinct values of the label.
        label: Name of the label.

    Raises:
        DataError: Several values share a part.
    """
    for separator in SEPARATORS:
        combined = [value for value in values if separator in value.strip(separator)]
        parts = Counter(part.strip() for value in values for part in set(value.split(separator)))
        if combined and max(count for part, count in parts.items() if part) > 1:
            raise DataError(
                f"data.label: {label} has several labels in one cell, such as {combined[0]!r}; write a column of 0 and "
                "1 for each label and predict one per run, with the others in data.ignore, or set data.task: "
                f"classification to make each of the {len(values):,} combinations a class"
            )
