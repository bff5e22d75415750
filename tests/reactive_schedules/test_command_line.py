import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reactive_schedules.version import __version__

ROOT = Path(__file__).parents[2]

SPEC = """
optimizer: {name: sgd, momentum: 0.9}
learning_rate: {family: one_cycle, peak: 0.05, warmup: 30%, final_ratio: 0.01}
batch_size: 128
epochs: 40
plateau: {action: decay, factor: 0.25, max_actions: 2}
"""

MODEL = """
import keras

def build_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model

def uncompiled():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text("learning_rate: {family: cyclical, peak: 0.1, step_size: -3}")
    (tmp_path / "long.yaml").write_text("learning_rate: {family: cosine, peak: 0.1, warmup: 30ep}")
    (tmp_path / "huge.yaml").write_text("{learning_rate: {family: cosine, peak: 0.1}, epochs: 1000000}")
    (tmp_path / "lr_models.py").write_text(MODEL)
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 4)).astype("float32")
    np.savez(tmp_path / "data.npz", x=x, y=x.sum(1, keepdims=True))
    np.savez(tmp_path / "half.npz", x=x)
    np.savez(tmp_path / "objects.npz", x=np.array([{}]), y=np.array([1]))
    return tmp_path


def command(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "reactive_schedules", *arguments],
        cwd=folder,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "MPLCONFIGDIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_preview_prints_a_chart_and_key_points(folder):
    done = command(folder, "preview", "spec.yaml", "--examples", "50000")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "one_cycle: 15,640 steps, 40 epochs of 391, batches of 128"
    assert [line.split()[0] for line in lines if line.startswith(("start", "peak", "last"))] == [
        "start",
        "peak",
        "last",
    ]
    assert any("4,692" in line and "12.00" in line and "0.05" in line for line in lines)
    assert lines[2].count("█") > 5
    assert lines[-1] == (
        "Reaction to a plateau: rate × 0.25 after 5 epochs without improvement in val_loss, at most twice"
    )


def test_preview_of_a_trillion_steps(folder):
    (folder / "long.yaml").write_text(
        "{learning_rate: {family: cosine_restarts, peak: 1, period: 1}, batch_size: 1, epochs: 1000}"
    )
    done = command(folder, "preview", "long.yaml", "--examples", "1000000000")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cosine_restarts: 1,000,000,000,000 steps, 1000 epochs of 1,000,000,000")


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_preview_draws(folder, ending):
    done = command(folder, "preview", "spec.yaml", "--examples", "50000", "-o", f"lr.{ending}")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == f"Wrote lr.{ending}"
    assert (folder / f"lr.{ending}").stat().st_size > 5000


def test_preview_does_not_load_keras_or_tensorflow(folder):
    code = """
import sys
from reactive_schedules.command_line import main
main(["preview", "spec.yaml", "--examples", "50000", "-o", "lr.png"], standalone_mode=False)
assert "matplotlib" in sys.modules
print(sorted({"keras", "tensorflow", "jax", "torch"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "MPLCONFIGDIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_forecast(folder):
    done = command(folder, "forecast", "spec.yaml", "--examples", "50000", "--plateaus", "20,30")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split() == [
        "epochs",
        "batch",
        "rate",
        "updates",
        "noise",
        "scale",
    ]
    assert done.stdout.splitlines()[-1].split() == ["total", "15,640"]


def test_schema_is_what_is_checked_in(folder):
    assert command(folder, "schema").stdout == (
        ROOT / "reactive_schedules/spec/training_spec.schema.json"
    ).read_text("utf-8")


def test_range_test_on_a_function(folder):
    done = command(
        folder, "range-test", "lr_models:build_model", "data.npz", "--steps", "60", "-o", "range.png"
    )
    assert done.returncode == 0, done.stderr
    names = [line.rsplit(maxsplit=1)[0].strip() for line in done.stdout.splitlines()[:5]]
    assert names == ["steepest", "valley", "minimum/10", "learns from", "learns up to"]
    assert (folder / "range.png").stat().st_size > 5000


def test_range_test_on_a_saved_model(folder):
    import keras

    import reactive_schedules as rs

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(rs.OneCycle(0.1, horizon=100)), "mse")
    model.save(folder / "model.keras")
    done = command(
        folder, "range-test", "model.keras", "data.npz", "--steps", "20", "--sweep", "linear", "--high", "0.1"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "20 steps, from 1e-07 to 0.1: reached the highest rate"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "none.yaml", "--examples", "9"], "none.yaml: cannot be read: No such file or directory"),
        (
            ["preview", "bad.yaml", "--examples", "9"],
            "learning_rate.step_size: must be a duration in [0, 1e+15]; got -3",
        ),
        (
            ["preview", "huge.yaml", "--examples", "1000000000000"],
            "horizon: must be at most 1e+15 steps; got 1000000 epochs of 31250000000",
        ),
        (
            ["preview", "/dev/zero", "--examples", "9"],
            "spec: has more than 1,048,576 characters; use a shorter file",
        ),
        (
            ["preview", "huge\udcff.yaml", "--examples", "9"],
            "huge\\udcff.yaml: cannot be read: No such file or directory",
        ),
        (
            ["preview", "long.yaml", "--examples", "320"],
            "learning_rate.warmup: must be shorter than the 100 available steps; got 300 steps",
        ),
        (
            ["preview", "spec.yaml", "--examples", "320", "-o", "lr.pdf"],
            "lr.pdf: must end in one of .png, .svg, .html",
        ),
        (
            ["preview", "spec.yaml", "--examples", "320", "-o", "none/lr.svg"],
            "none/lr.svg: cannot be written: No such file or directory",
        ),
        (
            ["forecast", "spec.yaml", "--examples", "320", "--plateaus", "soon"],
            "--plateaus: must be a comma-separated list of epochs, such as 60,120; got 'soon'",
        ),
        (
            ["forecast", "spec.yaml", "--examples", "320", "--plateaus", "50"],
            "plateaus: must be increasing epochs in [1, 39]; got [50]",
        ),
        (
            ["range-test", "lr_models", "data.npz"],
            "MODEL: must be a .keras file or module:function; got 'lr_models'",
        ),
        (
            ["range-test", "..:make", "data.npz"],
            "MODEL: must be a .keras file or module:function; got '..:make'",
        ),
        (
            ["range-test", "nowhere:make", "data.npz"],
            "MODEL: 'nowhere' cannot be imported: No module named 'nowhere'",
        ),
        (["range-test", "lr_models:make", "data.npz"], "MODEL: module 'lr_models' has no 'make'"),
        (["range-test", "none.keras", "data.npz"], "none.keras: cannot be read: No such file or directory"),
        (
            ["range-test", "lr_models:uncompiled", "data.npz"],
            "model: must be compiled; call model.compile(optimizer, loss) first",
        ),
        (["range-test", "a:b", "none.npz"], "none.npz: cannot be read: No such file or directory"),
        (
            ["range-test", "a:b", "spec.yaml"],
            "spec.yaml: cannot be read: is not an .npz file of plain arrays",
        ),
        (
            ["range-test", "a:b", "objects.npz"],
            "objects.npz: cannot be read: is not an .npz file of plain arrays",
        ),
        (
            ["range-test", "a:b", "/dev/null"],
            "/dev/null: cannot be read: is not an .npz file of plain arrays",
        ),
        (["range-test", "a:b", "half.npz"], "half.npz: array 'y' is missing; found x"),
        (["range-test", "a:b", "data.npz", "-o", "x.html"], "x.html: must end in one of .png, .svg"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(folder, arguments, message):
    done = command(folder, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = [
        line for line in done.stderr.splitlines() if "absl" not in line and not line.startswith(("I0", "W0"))
    ]
    assert lines == [message]


def test_a_saved_model_with_a_python_function_is_refused_before_it_runs(folder):
    import keras

    called = folder / "called"
    touch = f"(__import__('pathlib').Path({str(called)!r}).touch(), x)[1]"
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(eval(f"lambda x: {touch}")), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.save(folder / "lambda.keras")
    called.unlink(missing_ok=True)  # Keras calls the function to build the layer.
    done = command(folder, "range-test", "lambda.keras", "data.npz")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("lambda.keras: ")]
    assert "Lambda" in line
    assert not called.exists()


@pytest.mark.parametrize(
    "arguments", [["preview", "spec.yaml"], ["preview", "spec.yaml", "--examples", "0"], ["nonsense"]]
)
def test_wrong_usage_is_exit_code_2(folder, arguments):
    done = command(folder, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error:" in done.stderr


def test_version(folder):
    done = command(folder, "--version")
    assert (done.returncode, done.stdout) == (0, f"reactive-schedules {__version__}\n")


@pytest.mark.parametrize("name", ["reactive-schedules", "python -m reactive_schedules"])
def test_help_names_the_command_as_it_was_called(folder, name):
    """The installed script and the module are two ways in."""
    called = (
        "sys.argv[0] = 'bin/reactive-schedules'; from reactive_schedules.command_line import main; main()"
    )
    run_module = "import runpy; runpy.run_module('reactive_schedules', run_name='__main__')"
    code = called if name == "reactive-schedules" else run_module
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv.append('--help'); {code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[0] == f"Usage: {name} [OPTIONS] COMMAND [ARGS]..."
