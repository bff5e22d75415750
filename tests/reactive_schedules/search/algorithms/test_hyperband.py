import keras_tuner
import pytest

from reactive_schedules.search import space
from tests.reactive_schedules.search.searching import SPACE, TRAINING, make, run


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
