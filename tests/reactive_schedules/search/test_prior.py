import json

from reactive_schedules.search import space
from reactive_schedules.search.prior import fitting
from tests.reactive_schedules.search.searching import TRAINING


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
