import keras
import numpy as np
import pytest

from reactive_schedules import Horizon, TrainingSpec, build, build_schedule
from reactive_schedules.keras.build import family_of
from reactive_schedules.keras.optimizers import build_optimizer
from reactive_schedules.spec.optimizers import AdamSpec, AdamWSpec, RMSpropSpec, SgdSpec
from tests.reactive_schedules.family_cases import RESOLVED, RUN, UNRESOLVED

HORIZON = Horizon(steps_per_epoch=100, epochs=10, batch_size=32)


@pytest.mark.parametrize("name", UNRESOLVED)
def test_spec_to_keras_to_spec_is_exact(name):
    assert family_of(build_schedule(UNRESOLVED[name], RUN)) == RESOLVED[name].spec


def test_the_optimizer_carries_the_schedule():
    spec = TrainingSpec.from_yaml("learning_rate: {family: one_cycle, peak: 0.05}")
    optimizer, schedule = build(spec, HORIZON)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert optimizer._learning_rate is schedule
    assert float(schedule(300)) == pytest.approx(0.05)
    assert optimizer.momentum == 0.9


def test_horizon_faults_name_the_path():
    spec = TrainingSpec.from_yaml("learning_rate: {family: cosine, peak: 0.1, warmup: 20ep}")
    with pytest.raises(
        ValueError,
        match=r"^learning_rate.warmup: must be shorter than the 1000 available steps; got 2000 steps$",
    ):
        build(spec, HORIZON)


@pytest.mark.parametrize(
    ("spec", "kind", "settings"),
    [
        (SgdSpec(momentum=0.5, nesterov=True), "SGD", {"momentum": 0.5, "nesterov": True}),
        (
            AdamSpec(beta_1=0.8, beta_2=0.95, epsilon=1e-6),
            "Adam",
            {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6},
        ),
        (AdamWSpec(weight_decay=0.01), "AdamW", {"weight_decay": 0.01, "beta_1": 0.9}),
        (RMSpropSpec(rho=0.8, momentum=0.1), "RMSprop", {"rho": 0.8, "momentum": 0.1}),
        (SgdSpec(clip_norm=1.5), "SGD", {"global_clipnorm": 1.5}),
    ],
)
def test_every_optimizer_gets_its_settings(spec, kind, settings):
    optimizer = build_optimizer(spec, build_schedule(UNRESOLVED["cosine"], RUN))
    assert type(optimizer).__name__ == kind
    config = optimizer.get_config()
    assert {name: config[name] for name in settings} == settings


def test_averaging_for_the_noise_scale():
    assert [SgdSpec(momentum=0.98).averaging, AdamSpec(beta_1=0.7).averaging] == [0.98, 0.7]
    assert RMSpropSpec().averaging == 0.0


def test_a_built_model_trains():
    spec = TrainingSpec.from_yaml("{optimizer: {name: adamw}, learning_rate: {family: rex, peak: 0.01}}")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(build(spec, HORIZON).optimizer, "mse")
    history = model.fit(np.ones((64, 3)), np.full((64, 1), 2.0), epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_what_has_no_spec_says_so():
    with pytest.raises(ValueError, match=r"must be built from registered families; got ExponentialDecay"):
        family_of(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
