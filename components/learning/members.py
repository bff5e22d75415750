"""The models that an ensemble averages, by number from 1. Imports no Keras."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.errors import UserError
from components.model_store import model_files


def seeds(first: int, count: int) -> list[int]:
    """Returns the seeds of the members, from that of the first."""
    return [(first + place) % 2**32 for place in range(count)]


def name_of(number: int) -> str:
    """Returns the name of a member: of its layer in the exported model, and of its folders."""
    return f"member_{number}"


def members_in(folder: Path) -> int:
    """Returns the number of models that an exported model averages; 1 for any other model."""
    try:
        return _members(json.loads((folder / model_files.CARD).read_bytes()))
    except (OSError, ValueError):
        return 1  # an exported model without a card, or a damaged one, is reported elsewhere


def _members(card: Any) -> int:
    found = card.get("ensemble") if isinstance(card, Mapping) else None
    count = found.get("members") if isinstance(found, Mapping) else None
    return count if isinstance(count, int) else 1


def check_warm_start(folder: Path, members: int) -> None:
    """Checks that as many models can start from an exported model: any number from a single one.

    Raises:
        UserError: It averages another number of models.
    """
    if (there := members_in(folder)) not in (1, members):
        raise UserError(
            f"training.ensemble: is {members}, but {folder} averages {there} models; to start from their weights, set "
            f"training.ensemble to {there}, or model.warm_start to false"
        )
