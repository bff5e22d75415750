from typing import Literal

import keras
import numpy as np
import pytest

from reactive_schedules import Horizon, TrainingSpec, build, build_schedule
from reactive_schedules.keras.build import family_of
from reactive_schedules.keras.optimizers import build_optimizer
from reactive_schedules.search import space
from reactive_schedules.spec.keras_optimizers import AdamSpec, AdamWSpec, RMSpropSpec, SgdSpec
from reactive_schedules.spec.optimizers import OPTIMIZERS, OptimizerSpec, register_optimizer
from tests.reactive_schedules.family_cases import RESOLVED, RUN, UNRESOLVED

KERAS = {name: kind for name, kind in OPTIMIZERS.items() if ">" not in kind.keras_name}
RATE = {"family": "constant", "peak": 0.01}
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


@pytest.mark.parametrize(
    "name", [name for name in KERAS if hasattr(keras.optimizers, KERAS[name].keras_name)]
)
def test_every_optimizer_lowers_a_loss(name):
    spec = TrainingSpec.parse({"optimizer": {"name": name, "clip_norm": 5}, "learning_rate": RATE})
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="ones")])
    model.compile(build(spec, HORIZON).optimizer, "mse", run_eagerly=True)
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    assert losses[2] < losses[0]


@pytest.mark.locked
def test_the_optimizers_are_those_of_keras_with_its_defaults():
    names = {
        name
        for name, kind in vars(keras.optimizers).items()
        if isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer)
    }
    wrappers = {"Optimizer", "MultiOptimizer", "LossScaleOptimizer"}
    assert {kind.keras_name for kind in KERAS.values()} == names - wrappers
    for kind in KERAS.values():
        ours = build_optimizer(kind(), 0.01).get_config()  # pyright: ignore[reportCallIssue]
        theirs = getattr(keras.optimizers, kind.keras_name)(0.01).get_config()
        different = {key for key in ours if ours[key] != theirs[key]} - {"name"}
        assert different == ({"momentum"} if kind is SgdSpec else set())


def test_what_the_installed_keras_lacks_is_named():
    class Of(AdamSpec):
        keras_name = "Newest"

    with pytest.raises(
        ValueError, match=r"^optimizer.name: Keras 3.* has no 'adam'; install a newer one, or"
    ):
        build_optimizer(Of(), 0.1)

    class With(AdamSpec):
        momentum_decay: float | None = None

    assert build_optimizer(With(), 0.1).beta_1 == 0.9
    with pytest.raises(
        ValueError, match=r"^optimizer.momentum_decay: Adam of Keras 3.* does not have it; leave it"
    ):
        build_optimizer(With(momentum_decay=0.1), 0.1)


def test_an_optimizer_of_ones_own_is_registered_and_searched():
    from reactive_schedules.spec.json_schema import json_schema

    try:

        @keras.saving.register_keras_serializable("tests")
        class Half(keras.optimizers.SGD):
            def __init__(self, learning_rate, share=0.5, **more):
                super().__init__(learning_rate, **more)
                self.share = share

        @register_optimizer
        class HalfSpec(OptimizerSpec):
            keras_name = "tests>Half"
            name: Literal["half"] = "half"
            share: float = 0.5

        text = {"optimizer": {"name": "half", "share": 0.25, "weight_decay": 0.1}, "learning_rate": RATE}
        optimizer = build(TrainingSpec.parse(text), HORIZON).optimizer
        assert (type(optimizer).__name__, optimizer.share, optimizer.weight_decay) == ("Half", 0.25, 0.1)
        assert '"half": "#/$defs/HalfSpec"' in json_schema()
        space.check(text, {}, {"optimizer": {"name": ["half", "sgd"], "share": [0.1, 0.2]}})
        with pytest.raises(ValueError, match=r"^OtherSpec.name: 'half' is already registered by .*HalfSpec"):
            register_optimizer(type("OtherSpec", (HalfSpec,), {"__module__": "other"}))
    finally:
        OPTIMIZERS.pop("half", None)


def test_an_optimizer_without_a_name_is_refused():
    with pytest.raises(ValueError, match=r"Nameless: needs keras_name = .* and name: Literal"):

        @register_optimizer
        class Nameless(OptimizerSpec):
            keras_name = "SGD"


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
