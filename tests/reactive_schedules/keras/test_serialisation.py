import json

import keras
import numpy as np
import pytest

from reactive_schedules import Constant, Cosine, Scaled, Sequence, Warmup
from reactive_schedules.keras.build import schedule_of
from tests.reactive_schedules.family_cases import RESOLVED

SCHEDULES = {name: schedule_of(formula) for name, formula in RESOLVED.items()}
SCHEDULES |= {
    "Warmup": Warmup(Cosine(0.1, length=90), 10, shape="exponential", start=0.01),
    "Scaled": Scaled(Cosine(0.1, length=90), 0.25),
    "Scaled by a variable": Scaled(Cosine(0.1, length=90), keras.Variable(0.25, trainable=False)),
    "nested": Sequence(
        [Warmup(Constant(0.3), 4), Scaled(Sequence([Constant(0.1), Cosine(0.2, length=9)], [3]), 0.5)], [20]
    ),
    "Keras inside": Warmup(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), 5),
}
STEPS = np.arange(150)


def only_plain_data(value) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and only_plain_data(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(only_plain_data, value))
    return value is None or type(value) in (int, float, str, bool)


@pytest.mark.parametrize("name", SCHEDULES)
def test_configs_are_plain_python(name):
    assert only_plain_data(SCHEDULES[name].get_config())


@pytest.mark.parametrize("name", SCHEDULES)
def test_exact_through_json(name):
    schedule = SCHEDULES[name]
    text = json.dumps(keras.optimizers.schedules.serialize(schedule))
    again = keras.optimizers.schedules.deserialize(json.loads(text))
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()
    assert again(STEPS).numpy().tolist() == schedule(STEPS).numpy().tolist()


@pytest.mark.parametrize("name", RESOLVED)
def test_from_config_is_the_inverse_of_get_config(name):
    schedule = SCHEDULES[name]
    assert type(schedule).from_config(schedule.get_config()).get_config() == schedule.get_config()


def test_floats_stay_floats():
    config = Constant(1, warmup_start=np.float32(0.5)).get_config()
    assert (type(config["peak"]), type(config["warmup_start"]), config["peak"]) == (float, float, 1.0)


@pytest.mark.parametrize(
    "name", ["one_cycle", "cyclical exp_range", "piecewise", "nested", "Scaled by a variable"]
)
def test_a_saved_model_continues_where_it_was(name, tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(SCHEDULES[name]), "mse")
    model.fit(np.ones((12, 2)), np.ones((12, 1)), batch_size=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert int(again.optimizer.iterations) == 12
    assert float(again.optimizer.learning_rate) == float(model.optimizer.learning_rate)
    assert again.optimizer.get_config() == model.optimizer.get_config()


def test_a_loaded_scale_can_be_changed_again(tmp_path):
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(SCHEDULES["Scaled by a variable"])
    )
    again.by.assign(1.0)
    assert float(again(0)) == pytest.approx(0.1)


def test_a_registered_scale_is_stored_by_name():
    from reactive_schedules import Cyclical, cycle_scale

    @cycle_scale("test: serialised")
    def third(x, ops):
        return ops.power(1 / 3, x)

    config = Cyclical(0.1, step_size=10, scale="test: serialised").get_config()
    assert config["scale"] == "test: serialised"
    assert only_plain_data(config)


def test_nothing_in_the_library_pickles_or_evaluates():
    import ast
    from pathlib import Path

    import reactive_schedules as rs

    # How a search gets the functions and data of a script to its own processes, and its calls to a Dask cluster.
    own = {
        Path(rs.__file__).parent / "search" / name for name in ("script/given.py", "executor/scheduler.py")
    }
    banned = {"pickle", "cloudpickle", "dill", "marshal", "eval", "exec", "Lambda"}
    for path in {*Path(rs.__file__).parent.rglob("*.py")} - own:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ast":
                continue  # code as data, which nothing runs
            names = {getattr(node, "id", None), getattr(node, "attr", None)}
            if isinstance(node, ast.Import | ast.ImportFrom):
                names |= {alias.name for alias in node.names} | {getattr(node, "module", None)}
            assert not names & banned, f"{path}: {ast.unparse(node)}"
