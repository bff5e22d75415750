"""The figures that benchmarks share."""

import sys

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.measuring.command import NOTICE, benchmark, size
from benchmarks.measuring.processes import Cost, cost_of
from benchmarks.measuring.rows import FEW, LABEL, Shape, head, write
from benchmarks.measuring.table import Table
from benchmarks.measuring.timeline import Timeline, watched
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


def test_a_timeline_says_what_happened_between_two_points():
    line = Timeline(
        np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.5, 2.5, 3.0]), np.array([10.0, 20.0, 90.0, 30.0])
    )
    assert line.cost(0.5, 1.5) == Cost(wall=1.0, cpu=1.25, peak=20.0)
    assert line.whole() == Cost(wall=3.0, cpu=3.0, peak=90.0)


def test_a_watched_process_counts_with_its_children(tmp_path):
    child = "import time; block = bytearray(50_000_000); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    found = watched([sys.executable, "-c", parent], tmp_path / "log").whole()
    assert found.peak > 50
    with pytest.raises(click.ClickException, match=r"exited with 3:\n.*the reason"):
        watched([sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"], tmp_path / "log")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_made_table_has_the_same_rows_in_every_format(tmp_path, suffix):
    shape = Shape(120, numbers=4, few=1, many=1, dates=1)
    path = write(shape, tmp_path / f"rows.{suffix}")
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}[suffix]
    table = read(path)
    assert table.shape == (shape.rows, shape.columns)
    assert 0 < table["number_1"].isna().mean() < 0.1
    assert table["few_0"].nunique() <= FEW
    assert table[LABEL].sum() == pytest.approx(
        pd.read_csv(write(shape, tmp_path / "same.csv"))[LABEL].sum(), rel=1e-5
    )
    assert read(head(path, 10, tmp_path / f"head.{suffix}")).equals(table.head(10))
