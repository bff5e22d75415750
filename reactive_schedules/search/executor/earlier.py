"""The results of searches, for later ones that ask for the same trainings.

What a training results in depends on the data, the code, the spec and the values, but not on the search that asks for
it. So a search with more trials, another algorithm or a wider space need not repeat those of an earlier one, even if
that one was interrupted.
"""

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reactive_schedules import durable, plain_json
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.searcher import Ask, key

_UNFINISHED = "unfinished.json"

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


def begin(journal: Journal, identity: str) -> None:
    """Notes the identity of a search in its journal, so that later searches may use what is there if it never ends."""
    journal.folder.mkdir(parents=True, exist_ok=True)
    file = journal.folder / _UNFINISHED
    # Of a search that goes on with other versions than it began with, some results are not what this identity says.
    is_same = _read(file) in (None, identity)
    durable.write(file, json.dumps(identity if is_same else "").encode())


class Earlier:
    """The results of earlier searches.

    Args:
        folders: Folders in which `write` has kept those of finished searches.
        identity: That of the search.
        journals: Folders of the journals of searches that did not end.
    """

    def __init__(self, folders: Iterable[Path], identity: str, journals: Iterable[Path] = ()) -> None:
        self._files = [folder / _name(identity) for folder in folders]
        self._journals = [each for each in journals if _read(each / _UNFINISHED) == identity]
        self._known: dict[tuple, dict[str, Any]] | None = None

    def result(self, ask: Ask) -> dict[str, Any] | None:
        """The outcome of the same training, without the fields of its ask; None if it is not known."""
        if self._known is None:
            unfinished = (result for each in self._journals for result in Journal(each).results())
            files = [found for file in self._files if isinstance(found := _read(file), list)]
            self._known = {
                _training(result): {name: result[name] for name in result.keys() - _OF_ASK}
                for result in itertools.chain(unfinished, *files)
                if result["error"] is None
            }
        return self._known.get(_training(dataclasses.asdict(ask)))


def _name(identity: str) -> str:
    return f"results-{identity}.json"


def _training(ask: Mapping[str, Any]) -> tuple[str, int | None, int | None]:
    return key(ask["values"]), ask["until"], ask["fold"]


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):  # there is none, or it is damaged
        return None
