"""Shows a search while it runs: a small file for `python -m pipeline runs`, and the page of the study so far."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from components.artifacts import STUDY_PAGE_FILE
from reactive_schedules import durable, plain_json
from reactive_schedules.search.page import study_page
from reactive_schedules.search.progress import FILE, Progress

logger = logging.getLogger(__name__)

FILE_EVERY_S = 1.0

PAGE_EVERY_S = 20.0

PAGE_SHARE = 0.02
"""Share of the time that may be spent on drawing the page."""


class Live:
    """Writes the progress of a search, when it has changed and not too often. Use it in a `with` statement.

    Args:
        folder: Folder of the search's journal, where the file of progress is written.
        study: Folder of the study, where its page is.
        record: Function of the results so far that returns the record of the study.
    """

    def __init__(
        self,
        folder: Path,
        study: Path,
        record: Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]],
    ) -> None:
        self._folder, self._study, self._record = folder, study, record
        self._seen: Progress | None = None
        self._written: Progress | None = None
        self._drawn: Progress | None = None
        self._next_file, self._next_page = 0.0, time.monotonic() + PAGE_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Writes what is done when the search ends, by whatever it does."""
        if self._seen:
            self._write({**self._seen, "running": []})

    def __call__(self, progress: Progress, results: Sequence[Mapping[str, Any]]) -> None:
        """Writes what is new.

        Args:
            progress: Progress of the search.
            results: All results so far.
        """
        self._seen, now = progress, time.monotonic()
        if progress != self._written and now >= self._next_file:
            self._write(progress)
            self._written, self._next_file = progress, now + FILE_EVERY_S
        if progress != self._drawn and now >= self._next_page:
            self._draw(progress, results)
            self._drawn, spent = progress, time.monotonic() - now
            self._next_page = now + max(PAGE_EVERY_S, spent / PAGE_SHARE)

    def _write(self, progress: Progress) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        content = {"page": str(self._study / STUDY_PAGE_FILE), **progress}
        durable.write(self._folder / FILE, plain_json.dumps(content).encode())

    def _draw(self, progress: Progress, results: Sequence[Mapping[str, Any]]) -> None:
        try:
            # An unfinished search has the results of an earlier run in no particular order.
            ordered = sorted(results, key=lambda result: (result["rung"] or 0, result["number"]))
            study_page.write(self._record(ordered), self._study / STUDY_PAGE_FILE, progress)
        except Exception:  # a page is not worth a search
            logger.exception("The page of the search could not be drawn.")
