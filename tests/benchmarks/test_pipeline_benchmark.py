from pathlib import Path

import yaml

from benchmarks.pipeline import JOB, Result, job_of, table


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


def test_nobody_can_stop_before_the_last_epoch():
    training = yaml.safe_load(Path(JOB).read_text(encoding="utf-8"))["training"]
    assert training["plateau"]["patience"] > training["epochs"]


def test_a_full_run_is_the_job_as_it_is_written():
    assert job_of(epochs=5, trials=4) == yaml.safe_load(JOB.read_text())
