"""What a script or notebook shows of a search: a bar with what is running, or a line for each trial."""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reactive_schedules.extras import brought_by
from reactive_schedules.search.executor.coordinator import Watch
from reactive_schedules.search.executor.worker import Running


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
    say = functools.partial(console.print, markup=False, highlight=False)
    is_live = console.is_terminal or console.is_jupyter
    shown: int | None = None
    with Progress(*columns, console=console, disable=not is_live) as progress:
        bar = progress.add_task("search", total=trials)

        def watch(running: Sequence[Running], results: Sequence[Mapping[str, Any]]) -> None:
            nonlocal shown
            doing = "; ".join(_doing(each, objective[0], epochs) for each in running)
            best = best_so_far(results, objective)
            numbers = {result["number"] for result in results}
            progress.update(
                bar, completed=len(numbers), description=", ".join(filter(None, (doing, best))) or "search"
            )
            if shown is None and numbers:
                say(f"going on after {len(numbers)} of {trials} trials")
            elif not is_live:
                for result in results[shown:]:
                    score = result["error"] or f"{objective[0]} {result['score']:.4g}"
                    say(f"trial {result['number']} of {trials}: {score}")
            shown = len(results)

        yield watch


def _doing(running: Running, name: str, epochs: int) -> str:
    parts = [f"trial {running.ask.number}"]
    if running.epochs is not None:
        parts.append(f"epoch {running.epochs}/{running.ask.until or epochs}")
    if running.score is not None:
        parts.append(f"{name} {running.score:.4g}")
    return " ".join(parts)


def best_so_far(results: Sequence[Mapping[str, Any]], objective: tuple[str, str]) -> str:
    """The best result, in words; empty if there is none."""
    name, direction = objective
    scored = [result for result in results if result["score"] is not None]
    if not scored:
        return ""
    best = (min if direction == "min" else max)(scored, key=lambda result: result["score"])
    return f"best {name} {best['score']:.4g} (trial {best['number']})"
