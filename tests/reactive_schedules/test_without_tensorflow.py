"""The library where TensorFlow is not installed: Keras on JAX, or on PyTorch where JAX is not installed either.

`make compat-test` runs these from the wheel, too, and `make torch-test` on PyTorch.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

BACKEND = "jax" if find_spec("jax") else "torch"
README = Path(__file__).parents[2] / "README.md"
FIRST_EXAMPLE = re.search(
    r"^## The schedule library\n.*?```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE
)[1]

MODEL = """
import keras, numpy as np, reactive_schedules as rs
x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
y = x.sum(axis=1, keepdims=True)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.01), "mse")
"""


def run(code: str, backend: str = BACKEND) -> subprocess.CompletedProcess:
    # None in sys.modules is how Python says that a module cannot be imported.
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['tensorflow'] = None\n{code}"],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def printed(code: str) -> str:
    done = run(code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def last_error(code: str) -> str:
    done = run(code)
    assert done.returncode != 0, done.stdout
    return done.stderr.strip().splitlines()[-1]


def test_every_public_name_is_there():
    code = (
        "import reactive_schedules as rs;"
        "print(sorted({*dir(rs)} - {*rs.__all__}), [n for n in rs.__all__ if not hasattr(rs, n)])"
    )
    assert printed(code) == "['Oracle', 'ScheduleTuner'] []"  # these two need the extra `search`


def test_import_star():
    assert (
        printed("from reactive_schedules import *; print(fit.__name__, OneCycle.__name__)") == "fit OneCycle"
    )


def test_the_first_example_of_the_readme(tmp_path):
    code = FIRST_EXAMPLE.replace("/tmp/", f"{tmp_path}/")
    last = "print(keras.backend.backend(), keras.models.load_model(FILE).optimizer._learning_rate.formula.length)"
    assert printed(code + last.replace("FILE", repr(f"{tmp_path}/model.keras"))) == f"{BACKEND} 160"


def test_plateau_decay_cuts_the_rate():
    code = """
spec = rs.PlateauSpec(monitor="loss", patience=1, min_delta=1e9, max_actions=2)
reaction = rs.PlateauDecay(spec)
model.fit(x, y, epochs=9, verbose=0, callbacks=[reaction])
print([decision.kind for decision in reaction.decisions])
"""
    assert printed(MODEL + code) == "['continue', 'decay', 'decay', 'stop']"


def test_fit_and_range_test_work():
    code = """
spec = rs.TrainingSpec(learning_rate={"family": "constant", "peak": 0.01}, epochs=2, batch_size=20)
result = rs.fit(model, (x, y), (x, y), spec)
print(result.history["loss"][1] < result.history["loss"][0], rs.range_test(model, (x, y), steps=10).learned)
"""
    assert printed(MODEL + code).startswith("True ")


@pytest.mark.skipif(BACKEND != "jax", reason="Keras' backend of NumPy needs JAX")
@pytest.mark.parametrize(
    ("call", "name", "instead"),
    [
        (
            "fit(model, (x, y), None, rs.TrainingSpec(learning_rate={'family': 'constant', 'peak': 0.1}))",
            "fit",
            "use PlateauDecay with model.fit, or observe() in a custom training loop",
        ),
        ("range_test(model, (x, y))", "range_test", "increase the rate by RateCallback in model.fit"),
    ],
)
def test_a_backend_without_a_loop_is_refused(call, name, instead):
    done = run(f"{MODEL}rs.{call}", backend="numpy")
    assert done.stderr.strip().splitlines()[-1] == (
        f"reactive_schedules.errors.SpecError: {name}: needs one of the backends tensorflow, jax, torch of Keras, "
        f"got 'numpy'; set KERAS_BACKEND={BACKEND} before Keras is imported, or {instead}"
    )


def test_the_alternative_to_range_test():
    code = """
def rise(step, **_):
    return 1e-5 * 10 ** (step / 4)

rates = model.fit(x, y, batch_size=10, epochs=3, verbose=0, callbacks=[rs.RateCallback(rise, every="1st")]).history
print(["%.0e" % rate for rate in rates["learning_rate"]])
"""
    assert printed(MODEL + code) == "['1e-04', '1e-03', '1e-02']"


@pytest.mark.parametrize("arguments", ["--version", "schema"])
def test_commands_that_need_no_backend(arguments):
    assert printed(f"from reactive_schedules.command_line import main; main([{arguments!r}])")


def test_a_command_whose_backend_is_not_installed_says_so_in_one_line(tmp_path):
    (tmp_path / "model.keras").touch()
    code = f"""
import numpy
numpy.savez({str(tmp_path / "data.npz")!r}, x=numpy.zeros(9), y=numpy.zeros(9))
from reactive_schedules.command_line import main
main(["range-test", {str(tmp_path / "model.keras")!r}, {str(tmp_path / "data.npz")!r}])
"""
    done = run(code, backend="tensorflow")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "Keras backend 'tensorflow' is not installed; run pip install 'reactive-schedules[tensorflow]', "
            "or set KERAS_BACKEND to an installed backend"
        ],
    )
