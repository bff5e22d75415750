"""What hostile text from data does to a terminal: nothing."""

import io
import re

from rich.table import Table
from rich.text import Text

from pipeline.history import tables
from pipeline.plain_console import PlainConsole
from pipeline.run.console import Terminal
from reactive_schedules.printable import printable
from tests.hostile import ESCAPES

MARKUP = r"[red]column[/red] [link=https://example.org]class[/link] [/] \[x] :smile: [bold"
HOSTILE = f"{MARKUP} {ESCAPES}"


def printed(*renderables, **options) -> str:
    output = io.StringIO()
    console = PlainConsole(file=output, width=400, force_terminal=True, **options)
    for renderable in renderables:
        console.print(renderable)
    return output.getvalue()


def without_styles(output: str) -> str:
    """The output without the escape sequences of rich's own styles: bold and colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


def test_text_is_printed_as_it_is():
    table = Table(HOSTILE, "second", box=None)
    table.add_row(HOSTILE, "here", style="bold")
    grid = Table.grid()
    grid.add_row(HOSTILE, Text(HOSTILE, "dim"))
    output = without_styles(printed(HOSTILE, table, grid, Text(HOSTILE, "red")))
    assert output.count(MARKUP) == 6
    assert output.count(printable(ESCAPES)) >= 4
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\udcff]", output)


def test_columns_stay_aligned():
    table = Table("first", "second", box=None)
    table.add_row(HOSTILE, "here")
    table.add_row("plain", "here")
    (_, *rows) = without_styles(printed(table)).splitlines()
    assert rows[0].index("here") == rows[1].index("here")


def test_styles_of_our_own_are_kept():
    assert "\x1b[31m" in printed(Text("failed", "red"), color_system="standard")


def test_history_is_printed_as_it_is(capsys):
    run = {"id": "1", "started": "2026-01-01T00:00:00+00:00", "state": "failed", "cached": 0, "components": 1,
        "metric": HOSTILE, "value": 0.5, "interval": None, "test_rows": HOSTILE, "schedule": HOSTILE, "data": HOSTILE, "model": HOSTILE}  # fmt: skip
    tables.console().print(tables.runs_table([run]))
    tables.console().print(tables.differences_table({HOSTILE: (HOSTILE, None)}, HOSTILE, "b"))
    output = capsys.readouterr().out
    assert "[link=https://example.org]class" in "".join(output.split("\n"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\udcff]", output)


def test_failures_and_remarks_of_a_run_are_printed_as_they_are(tmp_path, capfd):
    terminal = Terminal(tmp_path / "logs")
    try:
        terminal.expect(["Trainer"])
        with terminal.component("Trainer") as line:
            line.remark = HOSTILE
            line.state = "done"
        terminal.print_remark(HOSTILE)
        terminal.print_failure("Trainer", ValueError(HOSTILE))
    finally:
        terminal.close()
    output = capfd.readouterr().out
    assert output.count("[red]column[/red]") == 3
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\udcff]", output)
