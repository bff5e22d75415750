"""Console output of a run: one line per component; everything else goes to log files."""

import contextlib
import datetime
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.live import Live
from rich.text import Text

from components.errors import UserError
from pipeline.plain_console import PlainConsole
from reactive_schedules import log_records
from reactive_schedules.failures import summary_of

_MARKS = {"done": ("✓", "green"), "cached": ("✓", "cyan"), "failed": ("✗", "red"), "running": ("…", "yellow")}


class Terminal:
    """Prints to the terminal while all other output goes to log files.

    It redirects file descriptors, because TensorFlow's C++ code and child processes write to them as well.

    Args:
        logs: Folder of the log files.
    """

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._width = 0
        self._begun: set[str] = set()
        self._descriptors = os.dup(1), os.dup(2)
        stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
        # Files and pipes have no width to wrap at.
        width = None if sys.stdout.isatty() else 200
        self.console = _Console(file=stream, width=width)
        self._redirect("run")
        self._records = contextlib.ExitStack()
        self._records.enter_context(log_records.redacted())

    def log_file(self, component: str) -> Path:
        """Log file of a component."""
        return self._logs / f"{component}.log"

    def close(self) -> None:
        """Restores the standard streams."""
        self._records.close()
        _flush()
        for number, saved in enumerate(self._descriptors, 1):
            os.dup2(saved, number)

    def expect(self, components: list[str]) -> None:
        """Aligns the lines of these components."""
        self._width = max(map(len, components))

    @contextlib.contextmanager
    def component(self, name: str) -> Iterator["Line"]:
        """Shows a component's line while it runs, and prints its final state."""
        self._redirect(name)
        line = Line(name, self._width)
        handler = _ProgressHandler(line, lambda said: self.print_remark(f"{name}: {said}"))
        # Components report their progress on this logger.
        logger = logging.getLogger("progress")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            with self._live(line.render):
                yield line
        except BaseException:
            line.state = "failed"
            raise
        finally:
            logger.removeHandler(handler)
            self.console.print(line.render())
            self._redirect("run")

    @contextlib.contextmanager
    def status(self, text: str) -> Iterator[None]:
        """Shows a status text, on a terminal only."""
        with self._live(lambda: Text(text, "dim")):
            yield

    def _live(self, render: Callable[[], Text]) -> contextlib.AbstractContextManager:
        if not self.console.is_terminal:
            return contextlib.nullcontext()
        return Live(
            get_renderable=render,
            console=self.console,
            refresh_per_second=4,
            transient=True,
            # Otherwise, Live would show what is meant for the log files.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def print_remark(self, text: str) -> None:
        """Prints what the user should know, on a line of its own."""
        self.console.print(text, style="yellow", soft_wrap=True)

    def print_failure(self, component: str, error: BaseException) -> None:
        """Prints why a component failed, and the path of its log, unless the error says what to do."""
        is_mistake = isinstance(error, UserError)
        reason = str(error) if is_mistake else summary_of(error)
        self.console.print(f"\n{component} failed: {reason}", style="red", soft_wrap=True)
        if not is_mistake:
            self.console.print(f"Log: {self.log_file(component)}", soft_wrap=True)

    def _redirect(self, name: str) -> None:
        _flush()
        with self.log_file(name).open("ab") as file:
            if name not in self._begun:
                self._begun.add(name)
                file.write(f"=== {datetime.datetime.now():%Y-%m-%d %H:%M:%S}\n".encode())
                file.flush()
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)


class _Console(PlainConsole):
    """A console whose reader may go away; the run goes on without it."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())  # for what is still in its buffer


class Line:
    """The line of one component: name, state, seconds and a remark."""

    def __init__(self, name: str, width: int) -> None:
        self.state = "running"
        self.remark = ""
        self._name = name.ljust(width)
        self._start = time.perf_counter()

    def render(self) -> Text:
        """The line in its current state."""
        mark, colour = _MARKS[self.state]
        seconds = f"{time.perf_counter() - self._start:6.1f} s"
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{mark} ", colour).append(f"{self._name}  ").append(f"{self.state:<7}", colour)
        return text.append(f"{seconds}  ").append(self.remark, "dim")


class _ProgressHandler(logging.Handler):
    """Shows progress on a component's line; warnings are to stay, and get lines of their own."""

    def __init__(self, line: Line, warn: Callable[[str], None]) -> None:
        super().__init__()
        self._line, self._warn = line, warn

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._warn(record.getMessage())
        else:
            self._line.remark = record.getMessage()


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
