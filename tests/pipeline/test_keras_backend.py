import pytest
from click.testing import CliRunner

import kubeflow_runner
import local_runner
from pipeline import keras_backend
from pipeline.__main__ import main as commands

NEEDS = "the pipeline needs the tensorflow backend of Keras, got 'jax'; run it with KERAS_BACKEND=tensorflow"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (local_runner.main, ["--no-tune"]),
        (kubeflow_runner.main, ["compile"]),
        (commands, ["runs"]),
    ],
)
def test_another_backend_is_refused_before_anything_is_read(command, arguments, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    done = CliRunner().invoke(command, arguments)
    assert (done.exit_code, done.output) == (2, f"KERAS_BACKEND: {NEEDS}\n")


def test_the_file_of_keras_counts_where_the_environment_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert keras_backend.chosen() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}', encoding="utf-8")
    assert keras_backend.chosen() == "jax"
    (tmp_path / "keras.json").write_text("[]", encoding="utf-8")
    assert keras_backend.chosen() == "tensorflow"
