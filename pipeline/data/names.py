"""What the name of a column says."""

import re

_IDS = {"id", "ids", "uid", "uuid", "guid", "key", "index", "idx", "pk", "rowid", "rownum", "rownumber"}
_COUNTS = {"number", "nr", "no", "num", "row", "line", "record", "unnamed", "#"}
_TIMES = {
    *(
        "year",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "quarter",
        "season",
        "period",
        "date",
        "datetime",
    ),
    *(
        "time",
        "timestamp",
        "ts",
        "epoch",
        "created",
        "updated",
        "modified",
        "at",
        "on",
        "when",
        "t",
        "step",
        "age",
    ),
}


def says_id(name: str) -> bool:
    """Whether a column is an id by its name: `id`, `customer_id`, `customerId`, `id_customer`, `index`."""
    words = _words(name)
    return bool(words) and (words[-1] in _IDS or words[0] in ("id", "index"))


def says_count(name: str) -> bool:
    """Whether a column counts rows by its name: `row_number`, `no`, `Unnamed: 0`."""
    return says_id(name) or not _COUNTS.isdisjoint(_words(name)) or not name.strip()


def says_time(name: str) -> bool:
    """Whether a column is about time by its name: `date`, `created_at`, `year`, `pickupTime`."""
    return not _TIMES.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|#", name)]
