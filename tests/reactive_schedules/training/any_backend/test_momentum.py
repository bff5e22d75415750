"""Momentum that cycles, and weight decay."""

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from reactive_schedules.keras.optimizers import build_optimizer
from tests.reactive_schedules.training.any_backend.running import ONES, assert_equal_runs, linear, output

RATE = {"family": "one_cycle", "peak": 0.5, "warmup": 4, "warmup_start": 0.1, "final_ratio": 0.01}


def parsed(optimizer, rate=RATE, **fields):
    fields = {"batch_size": 2, "epochs": 2, **fields}  # twenty steps
    return rs.TrainingSpec.parse({"optimizer": optimizer, "learning_rate": rate, **fields})


def cosine(start, end, share):
    """PyTorch's annealing between two values."""
    return end + (start - end) / 2.0 * (np.cos(np.pi * share) + 1)


def of_pytorch(low, high, steps, turn, end):
    """The momentum of PyTorch's OneCycleLR, whose phases end after `turn` and `end` steps."""
    up = cosine(high, low, steps / turn)
    return np.where(steps <= turn, up, cosine(low, high, (steps - turn) / (end - turn)))


STEPS = np.arange(20)
MOMENTUM = of_pytorch(0.8, 0.95, STEPS, 4, 20)
RATES = rs.TrainingSpec.parse({"learning_rate": RATE}).learning_rate.resolve(20)(STEPS)


def sgd(nesterov):
    """The weight after each step of a loss whose gradient is 1."""
    slot, weight, found = 0.0, 0.0, []
    for momentum, rate in zip(MOMENTUM, RATES, strict=True):
        slot = momentum * slot - rate
        weight += momentum * slot - rate if nesterov else slot
        found.append(weight)
    return found


def adam():
    mean, square, weight, found = 0.0, 0.0, 0.0, []
    for step, (beta, rate) in enumerate(zip(MOMENTUM, RATES, strict=True), 1):
        mean, square = mean + (1 - mean) * (1 - beta), square + (1 - square) * 0.001
        alpha = rate * np.sqrt(1 - 0.999**step) / (1 - beta**step)
        weight -= mean * alpha / (np.sqrt(square) + 1e-7)
        found.append(weight)
    return found


class Weights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.get_weights()[0].item())


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ({"name": "sgd", "momentum": [0.8, 0.95]}, sgd(nesterov=False)),
        ({"name": "sgd", "momentum": [0.8, 0.95], "nesterov": True}, sgd(nesterov=True)),
        ({"name": "adam", "beta_1": [0.8, 0.95]}, adam()),
        ({"name": "adamw", "beta_1": [0.8, 0.95], "weight_decay": 0.0}, adam()),
    ],
    ids=lambda each: each["name"] if isinstance(each, dict) else "",
)
def test_the_momentum_of_each_step_is_that_of_pytorchs_one_cycle(optimizer, expected):
    chosen, heard, model = parsed(optimizer), Weights(), linear()
    rs.fit(model, ONES, None, chosen, loss=output, callbacks=[heard])
    np.testing.assert_allclose(heard.seen, expected, rtol=1e-4)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(model.optimizer))
    assert again.get_config() == model.optimizer.get_config()


def test_it_does_in_kerass_own_fit_and_under_a_cut():
    model, heard = linear(), Weights()
    built = rs.build(parsed({"name": "sgd", "momentum": [0.8, 0.95]}), rs.Horizon(10, 2, 2))
    model.compile(built.optimizer, output)
    cuts = rs.PlateauDecay(rs.PlateauSpec(monitor="loss", min_delta=1e9, patience=1, restore_best=False))
    model.fit(*ONES, batch_size=2, epochs=2, shuffle=False, verbose=0, callbacks=[cuts, heard])
    np.testing.assert_allclose(heard.seen, sgd(nesterov=False), rtol=1e-4)


def test_it_resumes(tmp_path):
    chosen = parsed({"name": "adam", "beta_1": [0.8, 0.95]})

    def run(**options):
        model = linear()
        return model, rs.fit(model, ONES, None, chosen, loss="mse", **options)

    whole = run()
    run(checkpoint_dir=tmp_path, until=1)
    assert_equal_runs(whole, run(checkpoint_dir=tmp_path))


def heights(rate, steps=40):
    formula = rs.TrainingSpec.parse({"learning_rate": rate}).learning_rate.resolve(steps)
    return formula.height(np.arange(steps), rs_numpy())


def rs_numpy():
    from reactive_schedules.families.arrays import NUMPY

    return NUMPY


def test_the_last_of_three_phases_has_the_highest_momentum():
    found = heights({**RATE, "three_phase": True, "anneal": "linear"})
    expected = np.concatenate([np.arange(4) / 4, 1 - np.arange(5) / 4, np.zeros(31)])
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("scale", "factor"),
    [
        ("triangular", lambda step: 1.0),
        ("triangular2", lambda step: 0.5 ** (step // 10)),
        ("exp_range_amplitude", lambda step: 0.9**step),
    ],
)
def test_cycles_are_those_of_pytorchs_cyclic_lr(scale, factor):
    """Its momentum is max − (max − base) · height, with the height of its rate: (rate − base) / (max − base)."""
    rate = {
        "family": "cyclical",
        "peak": 0.4,
        "final_ratio": 0.25,
        "step_size": 5,
        "scale": scale,
        "gamma": 0.9,
    }
    step = np.arange(40)
    cycle = np.floor(1 + step / 10)
    share = np.maximum(0, 1 - np.abs(step / 5 - 2 * cycle + 1)) * factor(step)
    np.testing.assert_allclose(heights(rate), share, atol=1e-12)
    rates = rs.TrainingSpec.parse({"learning_rate": rate}).learning_rate.resolve(40)(step)
    np.testing.assert_allclose((rates - 0.1) / 0.3, share, atol=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "rate", "message"),
    [
        ({"momentum": [0.8, 0.9]}, {"family": "cosine", "peak": 1}, "optimizer.momentum: cycles .*, but cosine has no"),
        ({"momentum": [0.9, 0.8]}, RATE, "optimizer.momentum: must be two increasing numbers in .*; got"),
        ({"momentum": [0.8, 1.0]}, RATE, r"optimizer.momentum: must be a number in \[0, 1\); got 1.0"),
        ({"name": "rmsprop", "momentum": [0.8, 0.9]}, RATE, r"optimizer.momentum: must be a number in \[0, 1\)"),
    ],
)  # fmt: skip
def test_what_cannot_cycle_is_refused(optimizer, rate, message):
    with pytest.raises(rs.SpecError, match=f"^{message}"):
        parsed({"name": "sgd", **optimizer}, rate)


@pytest.mark.parametrize("rate", [0.1, keras.optimizers.schedules.CosineDecay(0.1, 10)])
def test_a_rate_without_a_cycle_is_refused_before_a_step(rate):
    model = linear()
    cycling = parsed({"name": "sgd", "momentum": [0.8, 0.9]}).optimizer
    model.compile(build_optimizer(cycling, rate), output, run_eagerly=True)
    with pytest.raises(
        ValueError, match="optimizer.momentum: cycles with the learning rate, which must be a schedule"
    ):
        model.fit(*ONES, verbose=0)


def none(_, predictions):
    return 0.0 * predictions


@pytest.mark.parametrize(("by", "unit"), [("rate", 1.0), ("schedule", 0.5)])
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_weight_decay_follows_the_rate_or_the_schedule(name, by, unit):
    """w(s+1) = w(s) · (1 − λ · rate(s)), or · (1 − λ · rate(s) / peak): arXiv 1711.05101, with λ as in its section 2."""
    model = linear()
    model.set_weights([np.ones((1, 1))])
    optimizer = {"name": name, "weight_decay": 0.1, "weight_decay_by": by}
    rs.fit(model, ONES, None, parsed(optimizer), loss=none)
    expected = np.prod(1 - 0.1 * RATES / unit)
    assert model.get_weights()[0].item() == pytest.approx(expected, rel=1e-5)
