"""Where the semantics coincide, the machine decides as Keras' callbacks do."""

import keras
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules.plateau.machine import PlateauSpec, replay

# Multiples of 1/64, so that a metric minus a delta is exact in float32, too.
metrics = st.lists(st.integers(-64, 64).map(lambda n: n / 64), min_size=1, max_size=40)
options = {
    "history": metrics,
    "patience": st.integers(1, 4),
    "mode": st.sampled_from(["min", "max"]),
    "min_delta": st.sampled_from([0.0, 1 / 64, 0.25]),
}


def model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
    return model


MODEL = model()


@given(**options)
def test_no_actions_allowed_is_early_stopping(history, patience, mode, min_delta):
    peer = keras.callbacks.EarlyStopping("m", min_delta=min_delta, patience=patience, mode=mode)
    peer.set_model(MODEL)
    MODEL.stop_training = False
    peer.on_train_begin()
    for epoch, metric in enumerate(history):
        peer.on_epoch_end(epoch, {"m": metric})
        if MODEL.stop_training:
            break
    spec = PlateauSpec(monitor="m", mode=mode, patience=patience, min_delta=min_delta, max_actions=0)
    decisions = replay(history, spec)
    assert (decisions[-1].kind == "stop", decisions[-1].epoch) == (MODEL.stop_training, epoch)
    assert (decisions[-1].best, decisions[-1].best_epoch) == (peer.best, peer.best_epoch)


@given(cooldown=st.integers(0, 3), **options)
def test_decay_is_reduce_lr_on_plateau(history, patience, mode, min_delta, cooldown):
    # Keras counts the epoch after a cut as the first of the cooldown and as one to wait in.
    peer = keras.callbacks.ReduceLROnPlateau(
        "m", 0.5, patience, mode=mode, min_delta=min_delta, cooldown=cooldown and cooldown + 1, min_lr=0.0
    )
    peer.set_model(MODEL)
    MODEL.optimizer.learning_rate = 1.0
    peer.on_train_begin()
    rates = []
    for epoch, metric in enumerate(history):
        peer.on_epoch_end(epoch, {"m": metric})
        rates.append(float(MODEL.optimizer.learning_rate))
    spec = PlateauSpec(
        monitor="m", mode=mode, patience=patience, min_delta=min_delta, cooldown=cooldown, max_actions=99
    )
    assert [decision.new_multiplier for decision in replay(history, spec)] == rates
