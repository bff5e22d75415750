"""The figures that benchmarks share."""

import sys

import click
import pytest
from click.testing import CliRunner

from benchmarks.measuring.command import NOTICE, benchmark, size
from benchmarks.measuring.processes import cost_of
from benchmarks.measuring.table import Table
from benchmarks.measuring.turns import in_turns, timed


@benchmark
@size("--epochs", full=60, quick=2, type=int, help="Of a training.")
@size("--rows", full=[10, 100], quick=[1], type=int, multiple=True)
def command(epochs, rows):
    click.echo(f"{epochs} {rows}")


def output(*arguments):
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return result.output.splitlines()


def test_sizes_are_small_in_a_quick_run():
    assert output() == ["60 (10, 100)"]
    assert output("--quick") == [NOTICE, "2 (1,)"]


def test_a_size_that_is_given_takes_precedence_over_the_quick_one():
    assert output("--epochs", "7", "--quick") == [NOTICE, "7 (1,)"]
    assert output("--quick", "--rows", "5") == [NOTICE, "2 (5,)"]


def test_sides_are_called_in_turns_and_another_one_begins_each_round():
    calls = []
    sides = {name: lambda name=name: calls.append(name) or len(calls) for name in "abc"}
    assert in_turns(sides, 2) == {"a": [1, 6], "b": [2, 4], "c": [3, 5]}
    assert calls == [*"abc", *"bca"]


def test_seconds_of_a_call_are_those_of_clock_and_processor():
    seconds = timed(lambda: sum(range(1_000_000)))
    assert seconds.wall > 0
    assert seconds.cpu > 0


def test_cost_of_a_process_includes_that_of_its_children(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    cost = cost_of([sys.executable, "-c", parent], tmp_path / "log")
    assert cost.cpu >= 0.3
    assert cost.peak > 1


def test_a_process_gets_variables(tmp_path):
    script = "import os; print(os.environ['THREADS'], 'PATH' in os.environ)"
    cost_of([sys.executable, "-c", script], tmp_path / "log", {"THREADS": "1"})
    assert (tmp_path / "log").read_text() == "1 True\n"


def test_a_failed_process_shows_the_end_of_its_output(tmp_path):
    with pytest.raises(click.ClickException, match="exited with 3:\nno such column"):
        cost_of([sys.executable, "-c", "print('no such column'); raise SystemExit(3)"], tmp_path / "log")


def test_a_table_has_its_names_to_the_left_and_its_figures_to_the_right():
    table = Table(6, ("wall s", 8), ("ratio", 6))
    assert table.heading() == "        wall s ratio"
    assert table.row("ours", "1.5") == "ours       1.5"
    assert table.row("stock", "10.0", "0.15") == "stock     10.0  0.15"
