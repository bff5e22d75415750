"""The command line that all benchmarks have: sizes, each with a value for a quick run."""

import re
from collections.abc import Callable
from typing import Any

import click

NOTICE = "Quick run on tiny inputs, to see that the benchmark works: do not quote these figures."
_QUICK = "benchmarks.quick"


def benchmark(function: Callable[..., None]) -> click.Command:
    """Makes a command with `--quick` of a module's `main`; its help is the docstring of the module."""
    quick = click.option(
        "--quick",
        is_flag=True,
        is_eager=True,  # the other options ask for it
        expose_value=False,
        callback=_note,
        help="Tiny inputs: seconds instead of minutes, and figures that mean nothing.",
    )
    # Indented lines are commands, which click would fill like text.
    text = re.sub(r"\n\n(?= {4})", "\n\n\b\n", function.__globals__["__doc__"])
    return click.command(help=text)(quick(function))


def size(*names: str, full: Any, quick: Any, **options: Any) -> Callable:
    """An option with one default for a full run and another one for a quick run.

    Args:
        *names: of the option, such as `--epochs`, and perhaps of the argument.
        full: default.
        quick: default with `--quick`.
        **options: as for `click.option`.
    """
    return click.option(*names, cls=_Size, default=full, quick=quick, **{"show_default": True, **options})


class _Size(click.Option):
    def __init__(self, *arguments: Any, quick: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._quick = quick

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """See the base class."""
        return self._quick if ctx.meta.get(_QUICK) else super().get_default(ctx, call)


def _note(ctx: click.Context, _: click.Parameter, quick: bool) -> None:
    ctx.meta[_QUICK] = quick
    if quick:
        click.echo(NOTICE)
