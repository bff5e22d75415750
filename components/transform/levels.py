"""How many values of a column of categories have an index of their own, and how many rows the others are."""

import dataclasses
import json
from collections.abc import Mapping

SUFFIX = ".json"
"""Ends the name of the asset; it begins with the name of the vocabularies."""


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


def to_json(levels: Mapping[str, Levels]) -> bytes:
    """Returns the levels of columns, by name, as `from_json` takes them."""
    return json.dumps({name: dataclasses.asdict(each) for name, each in levels.items()}).encode()


def from_json(text: str | bytes) -> dict[str, Levels]:
    """Returns the levels of columns, by name."""
    return {name: Levels(**each) for name, each in json.loads(text).items()}
