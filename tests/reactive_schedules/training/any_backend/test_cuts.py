"""A rate that is cut, by `fit` or a callback, is what the model is trained with."""

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from tests.reactive_schedules.training.any_backend.running import BACKEND, ONES, Weights, linear, output, spec


def test_a_cut_changes_the_training_and_not_only_the_log():
    plateau = {"monitor": "loss", "action": "decay", "factor": 0.5, "restore_best": False}
    chosen = spec(5, 20, **plateau).model_copy(update={"optimizer": rs.TrainingSpec.parse(
        {"optimizer": {"name": "sgd", "momentum": 0.0}, "learning_rate": {"family": "constant", "peak": 1}}
    ).optimizer})  # fmt: skip
    heard = Weights()
    result = rs.fit(linear(), ONES, None, chosen, loss=output, callbacks=[heard])
    np.testing.assert_allclose(np.diff(heard.seen), result.history["learning_rate"], rtol=1e-6)
    assert len({*result.history["learning_rate"]}) == 5


@pytest.mark.parametrize("fits", [1, 2])
def test_a_cut_by_the_callback_does_too(fits):
    model, heard = linear(), Weights()
    rate = keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.9)
    model.compile(keras.optimizers.SGD(rate), output)
    for _ in range(fits):
        model.set_weights([np.zeros((1, 1))])
        reaction = rs.PlateauDecay(
            rs.PlateauSpec(monitor="loss", patience=1, min_delta=1e9, restore_best=False, max_actions=2)
        )
        before = int(model.optimizer.iterations)
        history = model.fit(*ONES, batch_size=20, epochs=4, verbose=0, callbacks=[reaction, heard]).history
        decided = [decision.kind for decision in reaction.decisions]
    assert decided == ["continue", "decay", "decay", "stop"]
    steps, cuts = before + np.arange(4), np.array([1, 1, 0.5, 0.25]) * 0.25 ** (fits - 1)
    np.testing.assert_allclose(np.diff(heard.seen), 0.9**steps * cuts, rtol=1e-4)
    assert len(history["learning_rate"]) == 4


def test_a_factor_that_the_training_would_not_see_is_refused():
    factor = keras.Variable(1.0, trainable=False)
    model, heard = linear(), Weights()
    model.compile(keras.optimizers.SGD(rs.Scaled(rs.Constant(1.0), factor)), output)
    halve = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: factor.assign(factor * 0.5))

    def train():
        model.fit(*ONES, batch_size=20, epochs=3, verbose=0, callbacks=[heard, halve])

    if BACKEND == "jax":
        with pytest.raises(
            rs.SpecError, match="by: on the jax backend, .* never see the variable change; use"
        ):
            train()
    else:
        train()
        np.testing.assert_allclose(np.diff(heard.seen), [1, 0.5, 0.25], rtol=1e-6)


def test_a_part_of_a_sequence_is_asked_for_its_own_steps_only():
    class Table(keras.optimizers.schedules.LearningRateSchedule):
        """Reads an array, which has nothing beyond its end."""

        def __call__(self, step):
            steps = np.atleast_1d(keras.ops.convert_to_numpy(step))
            return np.array([[0.1, 0.2, 0.3][int(one)] for one in steps], "float32")

    rate = rs.Sequence([Table(), Table(), Table()], [3, 5])
    expected = np.array([0.1, 0.2, 0.3, 0.1, 0.2, 0.1, 0.2, 0.3], "float32")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(rate(np.arange(8))), expected)
