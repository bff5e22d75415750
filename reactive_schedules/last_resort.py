"""The last resort of every command: an error that nobody foresaw is one line, and its traceback goes to a log."""

import datetime
import errno
import os
import tempfile
import traceback
from pathlib import Path
from typing import Any

import click

from reactive_schedules import redaction
from reactive_schedules.failures import summary_of
from reactive_schedules.printable import printable

_OF_THE_MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG)
_WORKSPACE = f"{__name__}.workspace"


def log_to(context: click.Context, workspace: Path) -> None:
    """Makes `logs/errors.log` in a workspace the log of a command, if the workspace exists and can be written."""
    context.meta[_WORKSPACE] = workspace


class Command(click.Command):
    """A command whose errors have no traceback: foreseen ones exit with code 2, all others with code 1.

    Usage errors, interrupts and closed pipes stay as click handles them.
    """

    expected: tuple[type[Exception], ...] = ()
    """Errors whose message says what is wrong and what to do."""

    def foreseen(self, error: Exception) -> str | None:
        """The message of an error that the command foresees; None for any other."""
        if isinstance(error, self.expected):
            return str(error)
        if isinstance(error, OSError) and error.filename and error.errno in _OF_THE_MACHINE:
            return f"{error.filename}: {error.strerror}; fix this, and run the command again"
        return None

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            message = self.foreseen(error)
            if message is not None:
                click.echo(printable(message), err=True)
                ctx.exit(2)
            log = _write(ctx.command_path, error, ctx.meta.get(_WORKSPACE))
            click.echo(
                printable(f"Unexpected error: {summary_of(error)}; the traceback is in {log}"), err=True
            )
            ctx.exit(1)


class Group(Command, click.Group):
    """A group of such commands."""


def _write(command: str, error: Exception, workspace: Path | None) -> Path:
    """Writes the traceback to the workspace, or else to the temporary folder; returns the path of the log."""
    text = "".join(
        [
            f"=== {datetime.datetime.now():%Y-%m-%d %H:%M:%S} {command}\n",
            *traceback.format_exception(error),
        ]
    )
    content = redaction.text(text).encode(errors="backslashreplace")
    if workspace is not None and workspace.is_dir():
        log = workspace / "logs" / "errors.log"
        try:
            log.parent.mkdir(exist_ok=True)
            with open(log, "ab", opener=_private) as file:
                file.write(content)
            return log
        except OSError:
            pass  # it may be the workspace that cannot be written
    with tempfile.NamedTemporaryFile(prefix="reactive-schedules-", suffix=".log", delete=False) as file:
        file.write(content)
    return Path(file.name)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
