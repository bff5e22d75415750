"""A learning rate that a hypermodel searches has no effect, and that is said."""

import keras
import keras_tuner
import pytest

import reactive_schedules as rs
from reactive_schedules.search.kerastuner.rate import searched_rates
from tests.reactive_schedules.search.kerastuner.problem import SPEC, search, tuner


def build(hp, rate=None, penalty=0.001):
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(10, "softmax", kernel_regularizer=keras.regularizers.L2(penalty)),
        ]
    )
    optimizer = keras.optimizers.Adam() if rate is None else keras.optimizers.Adam(rate)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def searched(hp):
    return build(hp, rate=hp.Choice("lr", [0.01, 0.001]))


def coincidence(hp):
    return build(hp, penalty=hp.Choice("l2", [0.001, 0.01]))  # the first is Adam's default rate


def scheduled(hp):
    return build(hp, rate=keras.optimizers.schedules.ExponentialDecay(hp.Choice("lr", [0.1, 0.01]), 10, 0.9))


@pytest.mark.parametrize(
    ("hypermodel", "names"),
    [(searched, ["lr"]), (coincidence, []), (scheduled, []), (build, [])],
)
def test_only_what_becomes_the_rate_is_found(hypermodel, names):
    hp = keras_tuner.HyperParameters()
    model = hypermodel(hp)
    assert searched_rates(model, hp, hypermodel, ()) == names
    assert searched_rates(model, hp, hypermodel, ("lr",)) == []


def test_a_searched_rate_is_said_to_have_no_effect_once(tmp_path):
    oracle = rs.Oracle("random", "val_loss", max_trials=2, seed=1)
    made = tuner(tmp_path, oracle, hypermodel=searched, spec={**SPEC, "epochs": 1})
    with pytest.warns(UserWarning, match="^lr: has no effect as the learning rate of the optimizer") as said:
        search(made)
    assert len([each for each in said if "lr: has no effect" in str(each.message)]) == 1
