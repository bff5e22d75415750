"""Sections of a page that are drawn one by one, so that one that fails does not take the page with it."""

import logging
from collections.abc import Callable, Iterable

from reactive_schedules.failures import summary_of
from reactive_schedules.pages.content import Block, Plot, Section, Text
from reactive_schedules.pages.shell import figure_json

log = logging.getLogger(__name__)


class Sections:
    """The sections of a page so far.

    Attributes:
        drawn: The sections, without those that have no content.
        faults: What could not be drawn, one line each.
    """

    def __init__(self) -> None:
        self.drawn: list[Section] = []
        self.faults: list[str] = []

    def add(self, title: str, *parts: Callable[[], Iterable[Block]]) -> None:
        """Draws a section.

        Args:
            title: Heading.
            *parts: Functions that return parts of the content. If one fails, the error is logged, and the page says in
                its place what is missing.
        """
        blocks: list[Block] = []
        for part in parts:
            try:
                for block in part():
                    if isinstance(block, Plot):
                        figure_json(block)  # which fails for values that cannot be shown
                    blocks.append(block)
            except Exception as error:
                log.exception("%s could not be drawn.", title)
                self.faults.append(f"{title}: {summary_of(error)}")
                blocks.append(
                    Text(f"A part is missing: {summary_of(error)}. The log has the traceback.", tone="bad")
                )
        if blocks:
            self.drawn.append(Section(title, blocks))
