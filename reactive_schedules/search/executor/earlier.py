"""The results of finished searches, for later ones that ask for the same trainings.

What a training results in depends on the data, the code, the spec and the values, but not on the search that asks for
it. So a search with more trials, another algorithm or a wider space need not repeat those of an earlier one.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reactive_schedules import durable, plain_json
from reactive_schedules.search.searcher import Ask, key

_OF_ASK = frozenset(field.name for field in dataclasses.fields(Ask))


def identity(*parts: Any) -> str:
    """A digest of everything that all trainings of a search have in common and that their results depend on.

    Args:
        *parts: Plain JSON.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def write(folder: Path, identity: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the results of a search.

    Args:
        folder: Where to.
        identity: See the function of this name.
        results: Results, see `results.py`. Failures are left out, since their cause may be gone next time.
    """
    kept = [result for result in results if result["error"] is None]
    durable.write(folder / _name(identity), plain_json.dumps(kept).encode())


class Earlier:
    """The results of earlier searches.

    Args:
        folders: Their folders, in which `write` has kept results.
        identity: That of the search.
    """

    def __init__(self, folders: Iterable[Path], identity: str) -> None:
        self._files = [folder / _name(identity) for folder in folders]
        self._known: dict[tuple, dict[str, Any]] | None = None

    def result(self, ask: Ask) -> dict[str, Any] | None:
        """The outcome of the same training, without the fields of its ask; None if it is not known."""
        if self._known is None:
            self._known = {
                _training(result): {name: result[name] for name in result.keys() - _OF_ASK}
                for file in self._files
                for result in _read(file)
            }
        return self._known.get(_training(dataclasses.asdict(ask)))


def _name(identity: str) -> str:
    return f"results-{identity}.json"


def _training(ask: Mapping[str, Any]) -> tuple[str, int | None, int | None]:
    return key(ask["values"]), ask["until"], ask["fold"]


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):  # there is none, or it is damaged
        return []
    return found if isinstance(found, list) else []
