"""What `fit` cannot do is refused in one line."""

import re

import keras
import pytest

import reactive_schedules as rs
from tests.reactive_schedules.training.any_backend.running import BACKEND, LOSS, fit, network, stream
from tests.reactive_schedules.training.small_problem import data


class Batches(keras.utils.PyDataset):
    def __getitem__(self, index):
        return data(10)

    def __len__(self):
        return 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"train": Batches()},
            "train: a PyDataset chooses the size and the order of its batches, so .*; pass",
        ),
        (
            {"class_weight": "balanced"},
            r"class_weight: must be a dict of weights by class index, .*'balanced'",
        ),
        ({"class_weight": [1.0, 2.0]}, r"class_weight: must be a dict of weights by class index"),
        ({"class_weight": {"out": {0: 1.0}}}, "class_weight: must be weights .* of a single output"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(change, message):
    with pytest.raises(ValueError, match=message) as error:
        fit(**change)
    assert not re.search("\n", str(error.value))


@pytest.mark.parametrize("examples", [0, -1, 2.5, None])
def test_a_source_must_know_its_examples(examples):
    source = stream(data(200))
    type(source).examples = examples
    for name in ("train", "validation"):
        message = f"^{name}: examples must be an integer of at least 1, got {examples}$"
        with pytest.raises(ValueError, match=message):
            fit(**{name: source})


class TwoOptimizers(keras.Sequential):
    """Trains with an optimizer of its own, as networks that play against each other do."""

    def __init__(self, layers):
        super().__init__(layers)
        self.own = keras.optimizers.SGD(0.1)

    def train_step(self, *arguments):
        made = {"loss": keras.ops.mean(arguments[-1][0])}
        return (made, arguments[0]) if BACKEND == "jax" else made


IDLE = "model: its train_step makes no steps with model.optimizer, whose learning rate is set here; apply"


def test_an_optimizer_that_never_steps_is_noticed():
    with pytest.raises(ValueError, match=IDLE):
        fit(network(TwoOptimizers))
    model = network(TwoOptimizers)
    model.compile("sgd", **LOSS)
    with pytest.raises(ValueError, match=IDLE):
        rs.range_test(model, data(200))
    reaction = rs.PlateauDecay(rs.PlateauSpec(monitor="loss"))
    for callback in (reaction, rs.RateCallback(lambda rate, **_: rate)):
        with pytest.raises(ValueError, match=IDLE):
            model.fit(*data(200), verbose=0, callbacks=[callback])


def several():
    optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1), {".*bias": keras.optimizers.Adam()})
    return keras.optimizers.MultiOptimizer(optimizers)


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="an earlier Keras")
def test_an_optimizer_of_several_is_refused():
    message = (
        "optimizer: a MultiOptimizer has a learning rate for each of its optimizers, but one is needed here"
    )
    with pytest.raises(ValueError, match=message):
        fit(optimizer=several())
    model = network()
    model.compile(several(), **LOSS)
    with pytest.raises(ValueError, match=message):
        rs.range_test(model, data(200))
    for callback in (
        rs.PlateauDecay(rs.PlateauSpec(monitor="loss")),
        rs.RateCallback(lambda rate, **_: rate),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(*data(200), verbose=0, callbacks=[callback])


@pytest.mark.parametrize(
    ("callback", "remedy"),
    [
        (keras.callbacks.ReduceLROnPlateau(), "set spec.plateau instead"),
        (keras.callbacks.LearningRateScheduler(lambda epoch: 0.1), "set spec.learning_rate instead"),
        (rs.RateCallback(lambda rate, **_: rate), "set spec.learning_rate instead"),
        (keras.callbacks.BackupAndRestore("backup"), "set checkpoint_dir instead"),
        (keras.callbacks.SwapEMAWeights(), "leave it out; averages are validated and kept anyway"),
    ],
)
def test_callbacks_for_what_fit_does_itself_are_refused(callback, remedy):
    message = f"callbacks: {type(callback).__name__} only works with model.fit; {remedy}$"
    with pytest.raises(ValueError, match=message):
        fit(callbacks=[callback])
