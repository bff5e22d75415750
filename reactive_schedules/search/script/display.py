"""What a script or notebook shows of a search: a bar, a text that is written anew, or a line for each trial."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reactive_schedules.extras import brought_by
from reactive_schedules.search.executor.coordinator import Watch
from reactive_schedules.search.executor.worker import Running
from reactive_schedules.search.progress import Progress, best_words, counted, progress_of, trial_words

_Show = Callable[[Progress, Sequence[Mapping[str, Any]]], None]
"""Shows progress and all results so far; the first of these are from an earlier run."""


@contextlib.contextmanager
def display(trials: int, objective: tuple[str, str], epochs: int, verbose: int) -> Iterator[Watch]:
    """Yields a function for the coordinator to call.

    Args:
        trials: Number of trials.
        objective: Metric and direction.
        epochs: Number of epochs of a trial that is not stopped early.
        verbose: 0 shows nothing.
    """
    if not verbose:
        yield lambda running, results: None
        return
    with brought_by("search"):
        from rich.console import Console

    console = Console(stderr=True)
    tell = functools.partial(console.print, markup=False, highlight=False)
    is_first = True
    with contextlib.ExitStack() as stack:
        if console.is_jupyter:
            show = _text()
        elif console.is_terminal:
            show = stack.enter_context(_bar(console, trials))
        else:
            show = _lines(tell)

        def watch(running: Sequence[Running], results: Sequence[Mapping[str, Any]]) -> None:
            nonlocal is_first
            found = progress_of(running, results, trials, objective, epochs)
            if is_first and found["done"]:
                tell(f"going on after {counted(found)}")
            is_first = False
            show(found, results)

        yield watch


@contextlib.contextmanager
def _bar(console: Any, trials: int) -> Iterator[_Show]:
    """In a terminal, a bar with what is running."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console) as bars:
        bar = bars.add_task("search", total=trials)

        def show(found: Progress, results: Sequence[Mapping[str, Any]]) -> None:
            bars.update(bar, completed=found["done"], description="; ".join(_doing(found)) or "search")

        yield show


def _text() -> _Show:
    """In a notebook, one output that is written anew, by Jupyter's own protocol: `rich` needs its widgets for that."""
    from IPython.display import DisplayHandle  # pyright: ignore[reportMissingImports]  # a notebook has it

    shown, handle = "", DisplayHandle()

    def show(found: Progress, results: Sequence[Mapping[str, Any]]) -> None:
        nonlocal shown
        text = "\n".join([f"search: {counted(found)}", *_doing(found)])
        if text != shown:
            (handle.update if shown else handle.display)({"text/plain": text}, raw=True)
            shown = text

    return show


def _lines(tell: Callable[[str], None]) -> _Show:
    """Elsewhere, a line for each result."""
    told: int | None = None

    def show(found: Progress, results: Sequence[Mapping[str, Any]]) -> None:
        nonlocal told
        for result in () if told is None and found["done"] else results[told or 0 :]:
            score = result["error"] or f"{found['objective']} {result['score']:.4g}"
            fold = result["fold"]
            of = f" of {found['trials']}" if fold is None else f", confirmation {fold + 1}"
            tell(f"trial {result['number']}{of}: {score}")
        told = len(results)

    return show


def _doing(found: Progress) -> list[str]:
    """What is running, and the best so far."""
    running = [trial_words(each, found["objective"]) for each in found["running"]]
    return [each for each in (*running, best_words(found)) if each]


def say(line: str, verbose: int) -> None:
    """Shows a line, if it is not empty.

    Args:
        line: The line.
        verbose: 0 shows nothing.
    """
    if line and verbose:
        from rich.console import Console

        Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)
