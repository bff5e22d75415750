"""Searches that are extended, and searches that end early, on the artifacts of a real Transform."""

import logging

import pytest

from components.tuner.budget import Budget
from reactive_schedules.search.executor.journal import Journal
from tests.components import transformed
from tests.components.tuner.test_tuner import TRAINING, Interrupt, read

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_children")]

SPACE = {"learning_rate": {"peak": {"low": 0.01, "high": 0.5}}}


@pytest.fixture
def search(digits_run, tmp_path):
    """Runs a search in the test's folder; returns the output artifacts' folders by key."""

    def run(**options):
        given = transformed.inputs(digits_run.workspace)
        return transformed.tune(tmp_path, given, {"space": SPACE, **options}, TRAINING)

    return run


def test_more_trials_go_on_from_the_finished_search_also_after_an_interruption(search, caplog, tmp_path):
    caplog.set_level("INFO", logger="progress")
    first = read(search(trials=2)["study"], "study.json")
    handler = Interrupt("3 of 4 trials, best")
    logging.getLogger("progress").addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            search(trials=4)
    finally:
        logging.getLogger("progress").removeHandler(handler)
    assert "2 trainings are known from an earlier search" in caplog.messages
    caplog.clear()
    folders = search(trials=5)  # what the interrupted search has trained is not trained again, either
    assert "3 trainings are known from an earlier search" in caplog.messages
    study = read(folders["study"], "study.json")
    assert study["trials"][:2] == first["trials"]  # to the second in which they were trained
    assert [trial["state"] for trial in study["trials"]] == ["completed"] * 5
    assert len({trial["values"]["learning_rate.peak"] for trial in study["trials"]}) == 5
    caplog.clear()
    # All is known, also to another algorithm.
    again = read(search(trials=5, algorithm="halving", min_epochs=2)["study"], "study.json")
    assert again["trials"] == study["trials"]
    search(trials=4)
    assert not list(tmp_path.glob("Tuner/checkpoints/*"))


def test_a_time_limit_ends_the_search_with_the_configuration_at_least(search, caplog):
    caplog.set_level("INFO", logger="progress")
    folders = search(trials=50, time_limit="1s", folds=3)
    study = read(folders["study"], "study.json")
    assert 1 <= len(study["trials"]) < 50
    assert study["trials"][0]["state"] == "completed"
    found = len(study["trials"])
    said = f"the time limit of 1s ended the search, with results of {found} of 50 trials"
    assert study["ended_early"] == said
    assert study["choice"].startswith("the search won nothing; the configuration as written is used: ")
    assert (study["best"], study["confirmation"]) == (1, None)
    assert f"{said}; {study['choice']}" in caplog.messages[-1]
    page = (folders["study"] / "study.html").read_text()
    assert said[4:] in page


def result(number: int, seconds: float = 0.0, rows: int = 36) -> dict:
    return {
        "number": number,
        "score": 0.5,
        "seconds": seconds,
        "executions": [{}],
        "validation": {"rows": rows},
    }


@pytest.mark.parametrize(
    ("search", "configured", "results", "is_searched"),
    [
        ({}, 1, [result(1)], False),
        ({"time_limit": "1h"}, 1, [result(1)], False),
        ({"time_limit": "50s"}, 1, [], False),
        ({"time_limit": "50s"}, 1, [{**result(1), "score": None}], False),
        ({"time_limit": "50s"}, 1, [result(2)], False),  # not without the configuration
        ({"time_limit": "50s"}, 1, [result(1)], True),
        ({"time_limit": "100s"}, 1, [result(1, 4.0)], False),
        ({"time_limit": "100s"}, 1, [result(1, 11.0)], True),  # the rest is for a confirmation
        ({"time_limit": "100s", "folds": 0}, 1, [result(1, 11.0)], False),
        ({"time_limit": "100s"}, None, [result(1, 11.0)], False),
        ({"time_limit": "100s"}, 1, [result(1, 11.0, rows=9000)], False),
        ({"time_limit": "100s", "folds": 2}, 1, [result(1, 11.0)], False),
    ],
)
def test_the_time_is_counted_over_all_runs_and_some_is_left_for_a_confirmation(
    tmp_path, search, configured, results, is_searched
):
    journal = Journal(tmp_path)
    journal.spend(52.0)
    assert Budget(search, journal, configured, 1).is_searched(results) == is_searched
