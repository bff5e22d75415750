"""Averages of the weights are what is validated, kept and resumed."""

import keras
import numpy as np
import pytest

from tests.reactive_schedules.training.any_backend.running import fit, spec
from tests.reactive_schedules.training.small_problem import validation_data


def averaging(name):
    if name == "ema":
        return keras.optimizers.SGD(momentum=0.9, use_ema=True, ema_momentum=0.9)
    if not hasattr(keras.optimizers, "ScheduleFreeAdamW"):
        pytest.skip("an earlier Keras")
    return keras.optimizers.ScheduleFreeAdamW(warmup_steps=0)


def averages(model):
    """What the optimizer holds as the average of the weights."""
    optimizer = model.optimizer
    if optimizer.use_ema:
        return [keras.ops.convert_to_numpy(each) for each in optimizer._model_variables_moving_average]
    beta, anchors = optimizer.beta_1, optimizer._momentums
    pairs = zip(model.get_weights(), map(keras.ops.convert_to_numpy, anchors), strict=True)
    return [(weight - (1 - beta) * anchor) / beta for weight, anchor in pairs]


def test_an_average_in_the_spec_is_that_of_the_optimizer(tmp_path):
    chosen = spec(2).model_copy(update={"ema": 0.9})
    result = fit(chosen=chosen)[1]
    own = fit(chosen=spec(2), optimizer=keras.optimizers.SGD(momentum=0.9, use_ema=True, ema_momentum=0.9))[1]
    assert result == own
    assert result.history["val_loss"] != fit(chosen=spec(2))[1].history["val_loss"]
    assert result.history["loss"] == fit(chosen=spec(2))[1].history["loss"]
    with pytest.raises(
        ValueError, match="ema: belongs to the optimizer of the spec; pass use_ema to your own"
    ):
        fit(chosen=chosen, optimizer=averaging("ema"))


@pytest.mark.parametrize("name", ["ema", "schedule-free"])
@pytest.mark.parametrize("reacts", [False, True])
def test_averaged_weights_are_validated_kept_and_resumed(name, reacts, tmp_path):
    chosen = spec(4, **({"action": "decay", "min_delta": 0.0, "patience": 9} if reacts else {}))
    seen = []

    class AtTheEnd(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.average = averages(self.model)
            self.trained = self.model.get_weights()

        def on_epoch_end(self, epoch, logs=None):
            assert any((one != other).any() for one, other in zip(self.average, self.trained, strict=True))
            for ours, theirs in zip(self.model.get_weights(), self.average, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
            seen.append(self.average)

    model, result = fit(chosen=chosen, optimizer=averaging(name), callbacks=[AtTheEnd()])
    best = seen[result.best_epoch or 0 if reacts else -1]
    for ours, theirs in zip(model.get_weights(), best, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    judged = model.evaluate(*validation_data(), verbose=0)
    assert judged == pytest.approx(result.best_metric if reacts else result.history["val_loss"][-1], rel=1e-5)
    fit(chosen=chosen, optimizer=averaging(name), checkpoint_dir=tmp_path, until=2)
    again = fit(chosen=chosen, optimizer=averaging(name), checkpoint_dir=tmp_path)
    assert again[1] == result
    for ours, theirs in zip(again[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
