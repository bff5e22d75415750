"""A few mutations of what users write; `make fault-test` tries hundreds, kills runs, and damages files."""

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.faults import subject
from tests.faults.__main__ import main
from tests.faults.outcomes import Outcome, table


@pytest.mark.slow
def test_what_is_tried_survives():
    done = CliRunner().invoke(
        main, ["--kills", "0", "--damages", "0", "--mutations", "8"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "8 tried, 8 survived"


@pytest.mark.parametrize(
    ("ended", "fault"),
    [
        (subject.Ended(0, "done"), None),
        (subject.Ended(2, "data.path: nothing there"), None),
        (subject.Ended(2, ""), "said nothing"),
        (subject.Ended(None, "…"), f"hung for {subject.LIMIT_SECONDS} s"),
        (subject.Ended(-11, "…"), "exit code -11"),
        (subject.Ended(1, "Traceback (most recent call last):\n  …\nKeyError: 1"), "traceback: KeyError: 1"),
    ],
)
def test_what_no_command_may_do(ended, fault):
    assert ended.fault == fault


def test_the_table_counts_kinds_and_ends():
    outcomes = [
        Outcome("kill", "same result", True),
        Outcome("kill", "hung", False),
        Outcome("flip", "refused", True),
    ]
    console = Console(width=60)
    with console.capture() as captured:
        console.print(table(outcomes))
    assert [line.split() for line in captured.get().splitlines()] == [
        ["kind", "tried", "survived", "ends"],
        ["kill", "2", "1", "1", "same", "result,", "1", "hung"],
        ["flip", "1", "1", "1", "refused"],
    ]
