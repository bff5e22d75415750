import subprocess
import sys

import pytest

import reactive_schedules as rs


def in_fresh_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_importing_loads_neither_keras_nor_a_backend_nor_matplotlib():
    code = (
        "import sys, reactive_schedules as rs; rs.TrainingSpec; rs.Horizon; rs.observe;"
        "print(sorted({'keras', 'tensorflow', 'jax', 'torch', 'matplotlib'} & set(sys.modules)))"
    )
    assert in_fresh_python(code).strip() == "[]"


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="OneCylce"):
        _ = rs.OneCylce  # pyright: ignore[reportAttributeAccessIssue]


def test_dir_lists_what_there_is():
    assert {"OneCycle", "Horizon", "TrainingSpec", "Scaled", "preview"} <= set(dir(rs))


def test_a_function_is_not_hidden_by_the_module_of_its_name():
    code = "import reactive_schedules as rs, reactive_schedules.ahead.forecast; print(type(rs.forecast).__name__)"
    assert in_fresh_python(code).strip() == "function"


def test_loading_a_model_needs_no_other_import(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rs.Warmup(rs.OneCycle(0.1, horizon=100), 10)), "mse")
    model.save(tmp_path / "model.keras")
    code = (
        "import keras, reactive_schedules;"
        f"model = keras.models.load_model({str(tmp_path / 'model.keras')!r});"
        "print(model.optimizer._learning_rate.schedule.formula.length)"
    )
    assert in_fresh_python(code).strip() == "70"
