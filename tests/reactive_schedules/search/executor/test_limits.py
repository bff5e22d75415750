"""What a search takes over from an earlier one, and how limits of time end it, with real processes."""

import json

import pytest

from reactive_schedules.search.executor import earlier
from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.earlier import Earlier
from reactive_schedules.search.executor.journal import INTERRUPTED, Journal
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials
from tests.reactive_schedules.search.executor.trials import EPOCHS, ask


@pytest.fixture
def coordinate(tmp_path):
    """Makes a coordinator whose journal is in the test's folder."""

    def make(name: str = "journal", **options) -> Coordinator:
        work = Work(trials.FUNCTION, {"folder": str(tmp_path), "epoch_s": options.pop("epoch_s", 0)})
        return Coordinator(work, Journal(tmp_path / name), None, **options)

    return make


def test_a_trial_that_takes_too_long_is_ended_and_the_others_go_on(coordinate, alone, tmp_path):
    with coordinate(trial_s=3.0) as coordinator:
        found = coordinator.run([ask(1), ask(2, waits=3), ask(3)])
    assert {each["number"]: each["executions"] for each in (found[0], found[2])}.items() <= alone.items()
    error = "TimeoutError: the trial was ended after epoch 2, 3 s after it began (trial_limit)"
    assert (found[1]["error"], found[1]["score"]) == (error, None)
    assert [attempt["end"] for attempt in found[1]["attempts"]] == [error]
    assert not [*tmp_path.glob("journal/trial-0002-*/[0-9]*")]


def test_a_search_that_is_over_ends_at_once_and_can_run_something_else(coordinate, alone, tmp_path):
    with coordinate(epoch_s=0.2) as coordinator:
        found = coordinator.run(
            [ask(1), ask(2, waits=2), ask(3)],
            lambda: any(running.epochs for running in coordinator._running() if running.ask.number == 2),
        )
        again = coordinator.run([ask(3)])
    assert [each["number"] for each in found] == [1]
    assert [each["end"] for each in Journal(tmp_path / "journal").attempts(ask(2, waits=2))] == [INTERRUPTED]
    assert again[0]["executions"] == alone[3]


def test_trainings_of_an_earlier_search_are_not_repeated(coordinate, alone, tmp_path):
    with coordinate() as coordinator:
        first = coordinator.run([ask(1), ask(2, dies=1), ask(3, until=2)])
    earlier.write(tmp_path, "a", first)
    with coordinate("other", earlier=Earlier([tmp_path / "nothing", tmp_path], "a")) as coordinator:
        # Another number, at another rung, and for longer.
        asks = [ask(1), ask(2), ask(3, until=2, rung=0), ask(3, until=EPOCHS, rung=1)]
        found = coordinator.run([*asks[:3], asks[3]])
    taken = [each["attempts"] == other["attempts"] for each, other in zip(found, first, strict=False)]
    assert taken == [True, False, True]  # what failed is tried again
    assert [each["error"] for each in found] == [None] * 4
    assert found[2]["rung"] == 0
    assert (found[0]["executions"], found[3]["executions"]) == (alone[1], alone[3])


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[{]"])
def test_damaged_results_are_unknown(tmp_path, content):
    (tmp_path / "results-a.json").write_bytes(content)
    assert Earlier([tmp_path], "a").result(ask(1)) is None


def test_results_are_known_by_what_was_trained(tmp_path):
    result = {"score": 0.5, "error": None, **vars(ask(1))}
    earlier.write(tmp_path, "a", [result, {**result, **vars(ask(2)), "error": "it failed"}])
    assert len(json.loads((tmp_path / "results-a.json").read_text())) == 1
    known = Earlier([tmp_path], "a")
    assert known.result(ask(1, rung=2)) == {"score": 0.5, "error": None}
    for other in (ask(1, until=3), ask(2), ask(1, width=8)):
        assert known.result(other) is None
    assert Earlier([tmp_path], "b").result(ask(1)) is None
    unfinished = Journal(tmp_path / "unfinished")
    earlier.begin(unfinished, "b")
    unfinished.write(ask(1), {"score": 0.25, "error": None})
    unfinished.write(ask(2), {"score": None, "error": "it failed"})
    known = Earlier([tmp_path], "b", [tmp_path, unfinished.folder])
    assert (known.result(ask(1)), known.result(ask(2))) == ({"score": 0.25, "error": None}, None)
    assert Earlier([], "a", [unfinished.folder]).result(ask(1)) is None
    for identity in ("a", "a"):  # goes on with other versions, and once more
        earlier.begin(unfinished, identity)
        assert Earlier([], "a", [unfinished.folder]).result(ask(1)) is None
    assert earlier.identity({"a": 1, "b": 2}, 1) == earlier.identity({"b": 2, "a": 1}, 1)
    assert earlier.identity({"a": 1}, 1) != earlier.identity({"a": 1}, 2)
