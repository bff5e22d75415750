"""Counts what was tried and what survived."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Outcome:
    """One fault and what came of it.

    Attributes:
        kind: Kind of fault, such as `kill during Trainer`.
        end: How it ended well, such as `same result`; or what went wrong.
        survived: Whether nothing was lost, wrong, hanging or ended in a traceback.
        detail: What helps to look into it.
    """

    kind: str
    end: str
    survived: bool
    detail: str = ""


def table(outcomes: Iterable[Outcome]) -> Table:
    """Kinds of faults, how many were tried, how many survived, and how they ended."""
    by_kind: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_kind.setdefault(outcome.kind, []).append(outcome)
    result = Table(box=None, pad_edge=False)
    result.add_column("kind")
    result.add_column("tried", justify="right")
    result.add_column("survived", justify="right")
    result.add_column("ends", overflow="fold")
    for kind, found in by_kind.items():
        ends = Counter(outcome.end for outcome in found)
        shown = ", ".join(f"{count} {end}" for end, count in ends.most_common())
        result.add_row(kind, str(len(found)), str(sum(outcome.survived for outcome in found)), shown)
    return result
