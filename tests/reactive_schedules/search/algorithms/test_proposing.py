"""Algorithms that learn from results which values to try."""

import math

import keras_tuner
import pytest

from reactive_schedules.search import space
from reactive_schedules.search.searcher import Answer
from tests.reactive_schedules.search.searching import SPACE, TRAINING, TRIALS, make, run

pytestmark = pytest.mark.filterwarnings("ignore:The optimal value found:UserWarning", "ignore:All-NaN axis")


@pytest.mark.parametrize(("algorithm", "trials"), [("tpe", 24), ("bayesian", 14)])
def test_failed_region_is_left(algorithm, trials):
    """A failure counts as the worst, not as nothing (and in KerasTuner's Gaussian process, not as 0, the best)."""
    searched = {"learning_rate": {"peak": {"low": 0.001, "high": 10.0, "log": True}}}
    searcher = make(
        algorithm, searched, trials=trials, parallel=1, **({"factor": 30} if algorithm == "tpe" else {})
    )
    peaks = []
    while asks := searcher.ask():
        (ask,) = asks
        peaks.append(ask.values["learning_rate.peak"])
        diverged = peaks[-1] > 0.2
        searcher.tell(
            [Answer(ask.trial_id, math.nan if diverged else 5 + abs(math.log(peaks[-1] / 0.05)), False)]
        )
    half = trials // 2
    assert sum(peak > 0.2 for peak in peaks[half:]) <= half // 3


def test_three_failures_in_a_row_do_not_end_the_search():
    stages, _ = run(make("tpe", parallel=1), lambda number, epochs: "failed" if 3 <= number <= 8 else None)
    assert max(ask.number for stage in stages for ask in stage) == TRIALS
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
