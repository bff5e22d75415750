"""A search that is killed and started again ends as one that was left alone."""

import json
import random
import signal

import pytest

EVENTS = ["open", "keep", "publish", "result"]
CONFIRMATION = ("confirmation", 2, 0)  # one of its trainings is done
DELAYS_S = [0, 0, 0.005, 0.05, 0.2]  # 0: just before the event; else into what follows it


def _search(*arguments):
    from tests.kill import searching

    searching.search(*arguments)


def outcome(folder) -> dict:
    """What the search put out, without the seconds and the attempts that it took."""
    found = {
        file.name: json.loads(file.read_text())
        for key in ("best_hyperparameters", "tuner_results", "study")
        for file in (folder / "Tuner" / key / "1").iterdir()
        if file.suffix in (".json", ".txt") and not file.name.startswith("results-")  # for later searches
    }
    for record in (found["study.json"]["cost"], *found["study.json"]["trials"]):
        del record["seconds"]
        record.pop("attempts", None)
    return found


@pytest.mark.slow
def test_a_killed_search_ends_as_if_it_had_not_been(digits_run, attempt, tmp_path, request):
    kills = request.config.getoption("--kills", default=2)
    # Many kills or few, they are spread over the search.
    trials, most = (4, 4) if kills <= 2 else (2 * kills, 3)
    confirming = 1 if kills <= 2 else 3
    alone, killed, draw = tmp_path / "alone", tmp_path / "killed", random.Random(kills)
    assert attempt(_search, alone, digits_run.workspace, trials, None) == 0
    for number in range(kills):
        # After one checkpoint at least, as a trial that dies too often in the same epoch is given up.
        event = draw.choice(EVENTS)
        moment = (event, 1 if event == "result" else draw.randint(2, most), draw.choice(DELAYS_S))
        if number >= kills - confirming:
            moment = CONFIRMATION
        processes = 1 + number % 2
        assert attempt(_search, killed, digits_run.workspace, trials, moment, processes) == -signal.SIGKILL, (
            f"kill {number}: {moment} came too late"
        )
    assert attempt(_search, killed, digits_run.workspace, trials, None) == 0

    expected, found = outcome(alone), outcome(killed)
    assert len(expected["study.json"]["rungs"]) == 2
    assert [len(each["scores"]) for each in expected["study.json"]["confirmation"]["finalists"]] == [2, 2]
    assert expected["study.json"]["confirmation"]["divides"]
    assert found == expected
    assert list((killed / "Tuner/checkpoints").iterdir()) == []

    if kills > 2:  # with more trials, too, which go on from the finished search
        assert attempt(_search, alone, digits_run.workspace, trials + 4, None) == 0
        for event in ("open", "publish"):
            moment = (event, 2, 0)
            assert attempt(_search, killed, digits_run.workspace, trials + 4, moment) == -signal.SIGKILL
        assert attempt(_search, killed, digits_run.workspace, trials + 4, None) == 0
        assert outcome(killed) == outcome(alone)


def test_the_time_before_a_kill_counts(digits_run, attempt, tmp_path):
    """The search that goes on ends at once, because its time was over, with what was trained."""
    # The result of the first trial, the configuration as written, is there; the next one has not got its name.
    assert attempt(_search, tmp_path, digits_run.workspace, 4, ("result", 2, 0)) == -signal.SIGKILL
    assert attempt(_search, tmp_path, digits_run.workspace, 4, None, 1, "1s") == 0
    study = outcome(tmp_path)["study.json"]
    assert study["ended_early"] == "the time limit of 1s ended the search, with results of 1 of 4 trials"
    assert [(trial["number"], trial["state"]) for trial in study["trials"]] == [(1, "completed")]
    assert (study["best"], study["confirmation"]) == (1, None)
    assert list((tmp_path / "Tuner/checkpoints").iterdir()) == []
