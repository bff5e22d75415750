import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from benchmarks.pipeline import JOB, ROOT, Result, table, timed


def test_the_script_runs_from_any_folder(tmp_path):
    script = ROOT / "benchmarks" / "pipeline.py"
    done = subprocess.run([sys.executable, script, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "--repeats" in done.stdout


def test_the_table_ends_with_the_ratio_of_medians():
    results = [
        Result("ours", 40.0, 35.0, 0.9),
        Result("stock", 100.0, 80.0, 1.0),
        Result("ours", 60.0, 45.0, 0.9),
        Result("stock", 100.0, 80.0, 1.0),
    ]
    lines = table(results).splitlines()
    assert lines[-3].split() == ["ours", "50.0", "40.0"]
    assert lines[-2].split() == ["stock", "100.0", "80.0"]
    assert lines[-1].split()[:3] == ["ratio", "0.50", "0.50"]


def test_cpu_seconds_include_those_of_children(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    _, cpu = timed([sys.executable, "-c", parent], tmp_path / "log")
    assert cpu >= 0.3


def test_a_failed_run_shows_the_end_of_its_output(tmp_path):
    with pytest.raises(click.ClickException, match="exited with 3:\nno such column"):
        timed([sys.executable, "-c", "print('no such column'); raise SystemExit(3)"], tmp_path / "log")


def test_nobody_can_stop_before_the_last_epoch():
    training = yaml.safe_load(Path(JOB).read_text())["training"]
    assert training["plateau"]["patience"] > training["epochs"]
