"""What is said about a model from elsewhere before it runs."""

import logging

import pytest
import tensorflow as tf

import pipeline
from pipeline.prediction import foreign


class Writer(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def __call__(self, text):
        tf.io.write_file("/nowhere/taken-over", text)
        return tf.io.read_file("/nowhere/secret")


class Plain(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def __call__(self, text):
        return tf.strings.lower(text) + "ReadFile WriteFile"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for module in (Writer(), Plain()):
        tf.saved_model.save(module, folder / type(module).__name__)
    return folder


def test_operations_on_files_are_found_even_inside_functions(models):
    assert foreign.file_operations(models / "Writer/saved_model.pb") == ["ReadFile", "WriteFile"]
    assert foreign.file_operations(models / "Plain/saved_model.pb") == []


def test_python_functions_are_found(tmp_path):
    class Caller(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def __call__(self, x):
            return tf.numpy_function(lambda x: x, [x], tf.float32), tf.py_function(
                lambda x: x, [x], tf.float32
            )

    tf.saved_model.save(Caller(), tmp_path)
    assert {"PyFunc", "EagerPyFunc"} <= set(foreign.file_operations(tmp_path / "saved_model.pb"))


def test_the_warning_is_one_line_that_says_what_would_run(models):
    text = foreign.warning(models / "Writer")
    assert text == (
        f"{models / 'Writer'} is not in a workspace: the program in its saved_model.pb runs with your permissions; it "
        "has ReadFile, WriteFile, which can touch files or run Python; load only models that you trust"
    )
    assert "; it has" not in str(foreign.warning(models / "Plain"))


def test_no_warning_about_models_of_a_workspace(tmp_path, models):
    (tmp_path / "metadata.db").touch()
    assert foreign.warning(tmp_path / "serving/1") is None


@pytest.mark.slow
def test_a_model_that_was_moved_out_of_its_workspace_is_loaded_with_a_warning(digits_run, tmp_path, caplog):
    import shutil

    version = max((digits_run.workspace / "serving").glob("[0-9]*"))
    shutil.copytree(version, tmp_path / "model")
    with caplog.at_level(logging.WARNING, "pipeline"):
        pipeline.load_model(digits_run.workspace)
        assert caplog.messages == []
        pipeline.load_model(tmp_path / "model")
    assert caplog.messages == [foreign.warning(tmp_path / "model")]
    assert "; it has" not in caplog.messages[0]
