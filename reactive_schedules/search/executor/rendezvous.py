"""Where the machines of a search find each other: an object in a store that all of them can reach.

The coordinator announces its scheduler there, with certificates that were made for it, and says how the search ended.
It may end and come back at another address; each start has a number of its own. While it lives, it announces itself
again and again.
"""

import dataclasses
import json
import secrets
from typing import Literal

from reactive_schedules.search.executor.store import Store

_NAME = "coordinator.json"


@dataclasses.dataclass(frozen=True)
class Announcement:
    """What a coordinator says about its search.

    Attributes:
        address: Address of its scheduler.
        certificate: Certificate of scheduler, workers and clients, as PEM. It is its own authority.
        key: Private key of the certificate, as PEM.
        state: `open` while there are trials to run, then `finished`, or `failed`.
        start: Different for each start of a coordinator.
        beat: Counts the announcements of a start.
    """

    address: str
    certificate: str
    key: str
    state: Literal["open", "finished", "failed"] = "open"
    start: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))
    beat: int = 0

    def again(self) -> "Announcement":
        """The next announcement of the same start."""
        return dataclasses.replace(self, beat=self.beat + 1)

    def ended(self, state: Literal["finished", "failed"]) -> "Announcement":
        """The announcement that the search has ended; it no longer lets anybody in."""
        return dataclasses.replace(self, state=state, address="", certificate="", key="")


def announce(store: Store, announcement: Announcement) -> None:
    """Replaces what was announced before."""
    store.put(_NAME, json.dumps(dataclasses.asdict(announcement)).encode())


def announced(store: Store) -> Announcement | None:
    """The newest announcement; None if there is none, or if it is just being written."""
    content = store.get(_NAME)
    try:
        return None if content is None else Announcement(**json.loads(content))
    except (ValueError, TypeError):
        return None
