import csv
from pathlib import Path

import yaml

from benchmarks.pipeline import ALL_TRIPS, JOB, RARELY_EMPTY, Result, job_of, table, trips, write_trips


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


def test_a_full_run_has_all_trips_as_they_are(tmp_path):
    write_trips(tmp_path / "all.csv", ALL_TRIPS)
    assert (tmp_path / "all.csv").read_text().splitlines() == trips().read_text().splitlines()


def test_a_few_trips_have_no_gaps_that_one_split_alone_would_have(tmp_path):
    write_trips(tmp_path / "few.csv", 300)
    rows = list(csv.DictReader((tmp_path / "few.csv").read_text().splitlines()))
    assert len(rows) == 300
    assert all(row[name] for row in rows for name in RARELY_EMPTY)
