"""Whether the classes of a label are balanced."""

RARE = 0.1
"""Share of the rows below which a class is rare."""

RARE_LABEL = 0.01
"""Share of the rows below which one of several labels per row is rare."""


def is_rare(count: int, rows: int, classes: int) -> bool:
    """Returns whether a class is so rare that accuracy says little about it.

    It has less than a tenth of the rows, and less than half of what it would have if all classes were equally frequent:
    of many classes, each has few rows.

    Args:
        count: Rows of the class.
        rows: Rows of all classes.
        classes: Number of classes.
    """
    return count < min(RARE, 0.5 / classes) * rows
