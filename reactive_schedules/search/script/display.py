"""What a script or notebook shows of a search: a bar with what is running, or a line for each trial."""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reactive_schedules.extras import brought_by
from reactive_schedules.search.executor.coordinator import Watch
from reactive_schedules.search.executor.worker import Running
from reactive_schedules.search.progress import best_words, counted, progress_of, trial_words


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
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    tell = functools.partial(console.print, markup=False, highlight=False)
    is_live = console.is_terminal or console.is_jupyter
    shown: int | None = None
    with Progress(*columns, console=console, disable=not is_live) as bars:
        bar = bars.add_task("search", total=trials)

        def watch(running: Sequence[Running], results: Sequence[Mapping[str, Any]]) -> None:
            nonlocal shown
            found = progress_of(running, results, trials, objective, epochs)
            doing = [*(trial_words(each, found["objective"]) for each in found["running"]), best_words(found)]
            bars.update(bar, completed=found["done"], description="; ".join(filter(None, doing)) or "search")
            if shown is None and found["done"]:
                tell(f"going on after {counted(found)}")
            elif not is_live:
                for result in results[shown:]:
                    score = result["error"] or f"{found['objective']} {result['score']:.4g}"
                    fold = result["fold"]
                    of = f" of {trials}" if fold is None else f", confirmation {fold + 1}"
                    tell(f"trial {result['number']}{of}: {score}")
            shown = len(results)

        yield watch


def say(line: str, verbose: int) -> None:
    """Shows a line, if it is not empty.

    Args:
        line: The line.
        verbose: 0 shows nothing.
    """
    if line and verbose:
        from rich.console import Console

        Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)
