"""Every search algorithm against a function that stands for training."""

import json
import math

import keras_tuner
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactive_schedules.search import algorithms, space
from reactive_schedules.search.algorithms import Told
from reactive_schedules.search.algorithms.prior import fitting

pytestmark = pytest.mark.filterwarnings("ignore:The optimal value found:UserWarning", "ignore:All-NaN axis")

ALGORITHMS = ("random", "grid", "bayesian", "tpe", "hyperband", "halving")
TRAINING = {
    "learning_rate": {"family": "constant", "peak": 0.1},
    "plateau": {"patience": 2},
    "epochs": 27,
}
SPACE = {
    "learning_rate": {
        "family": ["constant", "cosine", "one_cycle"],
        "peak": {"low": 0.01, "high": 0.2, "log": True},
        "final_ratio": [0.01, 0.1, 0.5],
    },
    "plateau": {"patience": {"low": 1, "high": 6}},
}
CONFIGURED = {"learning_rate.family": "constant", "learning_rate.peak": 0.1, "plateau.patience": 2}
SMALL = {"learning_rate": {"family": ["constant", "cosine"], "peak": [0.05, 0.1], "final_ratio": [0.1, 0.5]}}
SECTION = {
    "trials": 12,
    "epochs": None,
    "min_epochs": None,
    "factor": 3,
    "parallel": 4,
    "seed": 0,
    "start": [],
    "prior": [],
}
TRIALS = {"bayesian": 6}  # a proposal takes it tenths of a second


def make(algorithm: str, searched=SPACE, direction="min", **options) -> algorithms.Searcher:
    hyperparameters = space.to_hyperparameters(TRAINING, {}, searched)
    section = {**SECTION, "trials": TRIALS.get(algorithm, SECTION["trials"])}
    return algorithms.make(
        {**section, "algorithm": algorithm, **options}, hyperparameters, direction, TRAINING["epochs"]
    )


def loss(values, epochs) -> float:
    """Best at cosine with a peak of 0.05; a one-cycle is bad until late."""
    late = values["learning_rate.family"] == "one_cycle"
    return (
        math.log(values["learning_rate.peak"] / 0.05) ** 2
        + (values["learning_rate.family"] == "constant")
        + values.get("learning_rate.final_ratio", 0)
        + (27 - epochs) / (2 if late else 20)
    )


def run(searcher: algorithms.Searcher, outcome=None, sign=1, stages: int = 1000):
    """Runs a search to its end, checking what it asks.

    Args:
        searcher: the search.
        outcome: function of (number, epochs) that says "failed", "ended" or None.
        sign: -1 for a search that maximises.
        stages: to give up after.

    Returns:
        The stages; and by number the epochs and the last score of all trials that did not fail.
    """
    done, asked, finished, scores = [], {}, set(), {}
    for _ in range(stages):
        asks = searcher.ask()
        if not asks:
            return done, {number: (asked[number], score) for number, score in scores.items()}
        assert len({ask.number for ask in asks}) == len(asks)
        results = []
        for ask in asks:
            epochs = ask.until or TRAINING["epochs"]
            assert ask.number not in finished, "asks for more of a trial that is over"
            assert epochs > asked.get(ask.number, 0), "asks for the same epochs twice"
            assert ask.parent == (ask.trial_id if ask.number in asked else None)
            space.from_hyperparameters(TRAINING, {}, ask.values)
            json.dumps(ask.values)
            asked[ask.number] = epochs
            what = outcome(ask.number, epochs) if outcome else None
            score = sign * loss({**CONFIGURED, **ask.values}, epochs)
            if what:
                finished.add(ask.number)
            if what == "failed":
                scores.pop(ask.number, None)
            else:
                scores[ask.number] = score
            results.append(
                Told(ask.trial_id, None if what == "failed" else score, what == "failed", what == "ended")
            )
        done.append(asks)
        searcher.tell(reversed(results))
    raise AssertionError("never ends")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_search_begins_with_the_configuration_and_the_start_points_and_keeps_its_number_of_trials(algorithm):
    start = {"learning_rate.family": "cosine", "learning_rate.peak": 0.02, "learning_rate.final_ratio": 0.5}
    searcher = make(algorithm, start=[{**start, "plateau.patience": 3}])
    stages, scores = run(searcher)
    first, second = stages[0][:2]
    assert first.values == {
        "learning_rate.family": "constant",
        "learning_rate.peak": 0.1,
        "plateau.patience": 2,
    }
    assert second.values == {**start, "plateau.patience": 3}
    numbers = sorted({ask.number for stage in stages for ask in stage})
    assert numbers == list(range(1, searcher.trials + 1))
    assert len({json.dumps(ask.values) for stage in stages for ask in stage}) == len(numbers)
    assert max(epochs for epochs, _ in scores.values()) == TRAINING["epochs"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_seed_and_results_same_questions(algorithm):
    def outcome(number, epochs):
        return {4: "failed", 5: "ended"}.get(number)

    first, again = (run(make(algorithm, seed=3), outcome)[0] for _ in range(2))
    assert first == again
    if algorithm != "grid":
        assert run(make(algorithm, seed=4), outcome)[0] != first


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_maximising_is_minimising_the_opposite(algorithm):
    assert run(make(algorithm, direction="max"), sign=-1)[0] == run(make(algorithm))[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_search_ends_whatever_fails_or_ends_by_itself(algorithm):
    @settings(max_examples=2 if algorithm == "bayesian" else 20, deadline=None)
    @given(st.lists(st.sampled_from([None, "failed", "ended"]), min_size=7, max_size=7), st.integers(0, 9))
    def check(pattern, seed):
        stages, _ = run(make(algorithm, seed=seed), lambda number, epochs: pattern[(number + epochs) % 7])
        assert stages

    check()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_search_ends_when_everything_fails(algorithm):
    stages, scores = run(make(algorithm), lambda number, epochs: "failed")
    assert not scores
    assert all(ask.parent is None for stage in stages for ask in stage)
    assert len([ask for stage in stages for ask in stage]) == make(algorithm).trials


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_small_space_is_tried_once_and_to_the_end(algorithm):
    stages, scores = run(make(algorithm, SMALL, trials=8 if algorithm != "hyperband" else 12))
    values = {ask.number: ask.values for stage in stages for ask in stage}
    assert len({json.dumps(each) for each in values.values()}) == len(values) == 6
    best = min(scores, key=lambda number: scores[number][1])
    assert scores[best][0] == TRAINING["epochs"]
    assert values[best] == {
        "learning_rate.family": "cosine",
        "learning_rate.peak": 0.05,
        "learning_rate.final_ratio": 0.1,
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_single_point(algorithm):
    stages, _ = run(make(algorithm, {"plateau": {"patience": [2]}}))
    assert {ask.number for stage in stages for ask in stage} == {1}
    assert stages[-1][0].until is None


@pytest.mark.parametrize(("algorithm", "trials"), [("tpe", 24), ("bayesian", 14)])
def test_failed_region_is_left(algorithm, trials):
    """A failure counts as the worst, not as nothing (and in KerasTuner's Gaussian process, not as 0, the best)."""
    searched = {"learning_rate": {"peak": {"low": 0.001, "high": 10.0, "log": True}}}
    searcher = make(algorithm, searched, trials=trials, parallel=1, factor=30)
    peaks = []
    while asks := searcher.ask():
        (ask,) = asks
        peaks.append(ask.values["learning_rate.peak"])
        diverged = peaks[-1] > 0.2
        searcher.tell(
            [Told(ask.trial_id, math.nan if diverged else 5 + abs(math.log(peaks[-1] / 0.05)), False)]
        )
    half = trials // 2
    assert sum(peak > 0.2 for peak in peaks[half:]) <= half // 3


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trial_may_end_before_the_horizon(algorithm):
    stages, _ = run(make(algorithm, epochs=9))
    assert {ask.until for stage in stages for ask in stage} <= {1, 3, 9}
    assert 9 in {ask.until for stage in stages for ask in stage}


def test_rungs_promote_the_best_of_each_family_first():
    searcher = make("halving", trials=18)
    assert searcher.rungs == (3, 9, 27)
    stages, _ = run(searcher)
    assert [stage[0].until for stage in stages] == [3, 9, None]
    assert [len(stage) for stage in stages] == [18, 6, 2]
    assert {ask.values["learning_rate.family"] for ask in stages[1]} == {"constant", "cosine", "one_cycle"}
    # By the plain order of losses after 3 epochs, no one-cycle is among the first six.
    ranked = sorted(stages[0], key=lambda ask: loss(ask.values, 3))
    assert "one_cycle" not in {ask.values["learning_rate.family"] for ask in ranked[:6]}


def test_failed_hyperband_trial_does_not_block_its_bracket():
    def outcome(number, epochs):
        return "failed" if number % 4 == 0 else None

    searcher = make("hyperband")
    stages, _ = run(searcher, outcome)
    assert searcher.trials == 22
    assert {ask.rung for ask in stages[-1]} == {2}
    # As shipped: the bracket waits for the failed ones for ever.
    oracle = keras_tuner.oracles.HyperbandOracle(
        keras_tuner.Objective("loss", "min"),
        max_epochs=27,
        hyperparameters=space.to_hyperparameters(TRAINING, {}, SPACE),
        seed=1,
        max_consecutive_failed_trials=99,
    )
    oracle.verbose = 0
    oracle.save = oracle._save_trial = lambda *_: None
    reached = []
    for step in range(200):
        trial = oracle.create_trial("worker")
        if trial.status != "RUNNING":
            break
        bracket = trial.hyperparameters.values["tuner/bracket"]
        reached.append((bracket, trial.hyperparameters.values["tuner/epochs"]))
        oracle.update_trial(trial.trial_id, {"loss": float(step)})
        trial.status = "FAILED" if bracket == 3 and step > 3 else "COMPLETED"
        oracle.end_trial(trial)
    assert (3, 27) not in reached
    # And what TFX's Tuner asks for after the search: as many best trials as there were to be at most.
    assert oracle.max_trials is None
    with pytest.raises(TypeError):
        oracle.get_best_trials(oracle.max_trials)


def test_three_failures_in_a_row_do_not_end_the_search():
    stages, _ = run(make("tpe", parallel=1), lambda number, epochs: "failed" if 3 <= number <= 8 else None)
    assert max(ask.number for stage in stages for ask in stage) == SECTION["trials"]
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("loss", "min"),
        hyperparameters=space.to_hyperparameters(TRAINING, {}, SPACE),
        seed=1,
    )
    oracle.verbose = 0
    oracle.save = oracle._save_trial = lambda *_: None
    ended = []
    with pytest.raises(RuntimeError, match="consecutive failures"):
        ended.extend(diverge(oracle) for _ in range(9))
    assert len(ended) == 2


def diverge(oracle) -> None:
    trial = oracle.create_trial("worker")
    oracle.update_trial(trial.trial_id, {"loss": math.nan})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_earlier_trials_are_used_where_they_fit(algorithm, caplog):
    best = {
        "learning_rate.family": "cosine",
        "learning_rate.peak": 0.05,
        "learning_rate.final_ratio": 0.01,
        "plateau.patience": 2,
    }
    fitting = [
        {"trial_id": str(number), "score": abs(math.log(peak / 0.05)), **best, "learning_rate.peak": peak}
        for number, peak in enumerate((0.01, 0.02, 0.05, 0.1, 0.2))
    ]
    others = [
        {"trial_id": "5", "score": 0.0, **best, "plateau.patience": 7},
        {"trial_id": "6", "score": 0.0, **best, "batch_size": 16},
        {"trial_id": "7", "score": 0.0, "learning_rate.family": "cosine"},
        {"trial_id": "8", "score": None, **best},
        {"trial_id": "9", "score": 0.0, **best, "plateau.patience": 2.5},
        {"trial_id": "11", "score": 0.0, **best, "plateau.patience": math.inf},
        {"trial_id": "10", "score": 0.0, **best, "learning_rate.peak": "0.05"},
    ]
    stages, _ = run(
        make(algorithm, prior=fitting + others, **({"trials": 4} if algorithm == "bayesian" else {}))
    )
    assert stages[0][1].values == best
    assert "7 of 12 trials lie outside the space and are ignored" in caplog.text


def test_values_of_earlier_trials_get_the_types_of_the_space():
    record = {"trial_id": "1", "score": 1, "objective": "val_loss", "direction": "min", "batch_size": 16.0}
    searched = {
        "learning_rate": {"peak": {"low": 0.5, "high": 2.0}},
        "plateau": {"patience": {"low": 1, "high": 6}},
        "batch_size": [16, 32],
    }
    prior = [{**record, "learning_rate.peak": 1, "plateau.patience": 3.0}]
    hyperparameters = space.to_hyperparameters(TRAINING, {}, searched)
    ((values, score),) = fitting(hyperparameters, prior)
    assert json.dumps(values, sort_keys=True) == (
        '{"batch_size": 16, "learning_rate.peak": 1.0, "plateau.patience": 3}'
    )
    assert score == 1


def test_results_must_be_those_of_the_stage():
    searcher = make("random")
    asks = searcher.ask()
    with pytest.raises(RuntimeError, match="still to be told: the results of trials 0001, 0002"):
        searcher.ask()
    with pytest.raises(ValueError, match="results must be of trials"):
        searcher.tell([Told(asks[0].trial_id, 1.0)])
