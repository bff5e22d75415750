"""What the commands share: how they report errors, and options."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from components.errors import UserError
from pipeline import keras_backend
from pipeline.remote.place import is_uri
from reactive_schedules import last_resort
from reactive_schedules.printable import printable


class Command(last_resort.Command):
    """A command that reports errors in one line, and needs TensorFlow as the backend of Keras."""

    expected = (UserError,)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command.

        Raises:
            click.exceptions.Exit: Keras would take another backend.
        """
        backend = keras_backend.chosen()
        if backend != "tensorflow":
            say(
                f"{keras_backend.VARIABLE}: the pipeline needs the tensorflow backend of Keras, got {backend!r}; "
                f"run it with {keras_backend.VARIABLE}=tensorflow",
                err=True,
            )
            ctx.exit(2)
        return super().invoke(ctx)


class Group(Command, last_resort.Group):
    """A group of such commands."""


def say(text: str, *, err: bool = False) -> None:
    """Prints a text, which may quote names and data, to the terminal; with `err`, to standard error."""
    click.echo(printable(text), err=err)


FAST = click.option(
    "--fast", is_flag=True, help="For a first look: no search, a quarter of the epochs, half the patience."
)
BEST = click.option(
    "--best",
    is_flag=True,
    help="Search, and average an ensemble of models; what the configuration says about either is kept.",
)

SET = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the configuration, such as training.epochs=50. May be repeated.",
)


def preset_of(fast: bool, best: bool) -> Literal["fast", "best"] | None:
    """The preset of `pipeline.config.presets` that the options name.

    Raises:
        click.UsageError: They are both given.
    """
    if fast and best:
        raise click.UsageError("--fast and --best exclude each other; choose one of them")
    return "fast" if fast else "best" if best else None


class Place(click.Path):
    """A folder as a Path; the URI of a workspace in an object store as a str."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Converts what was written."""
        return value if isinstance(value, str) and is_uri(value) else super().convert(value, param, ctx)


def WORKSPACE(command: Callable[..., None]) -> Callable[..., None]:
    """Adds --workspace; the command gets the folder, of a workspace in an object store the working copy, up to date."""

    @click.option(
        "--workspace",
        type=Place(),
        default=Path("workspace"),
        show_default=True,
        help="Workspace of the runs: a folder, or a URI such as s3://bucket/path.",
    )
    @click.pass_context
    @functools.wraps(command)
    def with_folder(context: click.Context, workspace: Path | str, **given: Any) -> None:
        if isinstance(workspace, str):
            from pipeline.remote.session import up_to_date

            workspace = up_to_date(workspace)
        last_resort.log_to(context, workspace)
        command(workspace=workspace, **given)

    return with_folder


JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON; docs/lineage.md lists its fields.")
