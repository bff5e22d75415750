"""How many values of a column of categories have an index of their own, and how many rows the others are."""

import dataclasses
import json
from collections.abc import Mapping

SUFFIX = ".levels.json"
"""Ends the name of the asset that has them; it begins with the name of the vocabularies."""


@dataclasses.dataclass(frozen=True)
class Levels:
    """The values of a column in the data that were analysed, without missing ones.

    Attributes:
        values: Number of different values.
        indexed: How many of them have an index of their own; all others share one.
        cells: Number of cells with a value.
        indexed_cells: How many of them have a value with an index of its own.
    """

    values: int
    indexed: int
    cells: int
    indexed_cells: int


def read(graph: str) -> dict[str, Levels]:
    """Returns the levels of all columns of categories, by name.

    Args:
        graph: Output of the Transform component; its vocabularies may be of other analysers, which say nothing.
    """
    from tensorflow_transform import TFTransformOutput
    from tfx.dsl.io import fileio

    found: dict[str, Levels] = {}
    for path in fileio.glob(f"{graph}/{TFTransformOutput.TRANSFORM_FN_DIR}/assets/*{SUFFIX}"):
        with fileio.open(path, "rb") as file:
            found |= from_json(file.read())
    return found


def lines(levels: Mapping[str, Levels]) -> list[str]:
    """Returns what users should know: one line for all columns with values that share an index."""
    few = {name: each for name, each in levels.items() if each.indexed < each.values}
    if not few:
        return []
    name, each = max(few.items(), key=lambda item: 1 - item[1].indexed_cells / item[1].cells)
    share = 1 - each.indexed_cells / each.cells
    more = f"; likewise in {len(few) - 1} more column{'s' * (len(few) > 2)}" if len(few) > 1 else ""
    return [
        f"{name!r} has {each.values:,} different values; all but the {each.indexed:,} most frequent share one index "
        f"({share:.1%} of the rows){more}"
    ]


def to_json(levels: Mapping[str, Levels]) -> bytes:
    """Returns the levels of columns, by name, as `from_json` takes them."""
    return json.dumps({name: dataclasses.asdict(each) for name, each in levels.items()}).encode()


def from_json(text: str | bytes) -> dict[str, Levels]:
    """Returns the levels of columns, by name."""
    return {name: Levels(**each) for name, each in json.loads(text).items()}
