"""How the cells of a table become values where they are not written plainly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reading:
    """The same for training and for new rows; it is stored with the model.

    Attributes:
        missing: Cells that stand for a missing value, besides empty ones.
        numbers: Columns with numbers that are not written plainly, with an example of each, such as "1.234,56 €".
        images: Columns with images that are files, with the column that has the name of each file's folder; empty where
            a table has the path of each file.
    """

    missing: tuple[str, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Reading":
        """Returns the reading of `to_json`."""
        return cls(
            tuple(values.get("missing", ())), dict(values.get("numbers", {})), dict(values.get("images", {}))
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the attributes as plain JSON."""
        return {"missing": list(self.missing), "numbers": dict(self.numbers), "images": dict(self.images)}


PLAIN = Reading()
