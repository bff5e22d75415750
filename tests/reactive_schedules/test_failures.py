import importlib

import keras
import pytest
import tensorflow as tf

from reactive_schedules.failures import summary_of

NODE = "Detected at node while/add_1 defined at (most recent call last):\n"
SHAPES = "Incompatible shapes: [32,30] vs. [33,1]"


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (MemoryError(), "MemoryError"),
        (RuntimeError("while\n  reading: password=hunter2"), "RuntimeError: while reading: password=***"),
        (ValueError("data.path: [1,2] [[3]] {{x}} 'a/b/c' File"), "ValueError: data.path: [1,2] [[3]] {{x}} 'a/b/c' File"),
        (
            ValueError(
                f"Graph execution error:\n\n{NODE}<stack traces unavailable>\n{SHAPES}\n"
                "\t [[{{node while/add_1}}]] [Op:__inference_function_591]"
            ),
            f"ValueError: {SHAPES}",
        ),
        (
            RuntimeError(
                f'tensorflow.errors_impl.InvalidArgumentError: Graph execution error:\n\n{NODE}  File "/a.py", line 1, in '
                f'f\n\n  File "/b.py", line 2, in g\n\n{SHAPES}\n\t [[{{{{node add}}}}]] [while running \'ParDo(T)\']'
            ),
            f"InvalidArgumentError: {SHAPES}",
        ),
        (
            ValueError(
                f"Graph execution error:\n\n{NODE}<stack traces unavailable>\n2 root error(s) found.\n  (0) "
                f"INVALID_ARGUMENT:  {SHAPES}\n\t [[{{{{node x}}}}]]\n\t [[y/_6]]\n  (1) INVALID_ARGUMENT:  {SHAPES}\n"
                "0 successful operations."
            ),
            f"ValueError: {SHAPES}",
        ),
        (
            ValueError(
                f'An error occurred while trying to apply the transformation: "Graph execution error:\n\n{NODE}'
                "<stack traces unavailable>\nShape of tensor Call/map/_6/decode_image/DecodeImage [35,32,3] is not "
                'compatible with expected shape [32,32,3].\n\t [[{{node E}}]] [Op:__i_789]".\n Batch instances: pyarrow'
            ),
            "ValueError: Shape of tensor DecodeImage [35,32,3] is not compatible with expected shape [32,32,3].",
        ),
        (
            RuntimeError(
                'Traceback (most recent call last):\n  File "/a.py", line 1, in f\n    g()\n\nDuring handling:\n\nTraceback '
                "(most recent call last):\n  File \"/a.py\", line 1, in f\n    g()\nmodule.OwnError: bad\nluck\n"
            ),
            "OwnError: bad luck",
        ),
        (ValueError("x" * 1000), f"ValueError: {'x' * 399}…"),
    ],
)  # fmt: skip
def test_the_reason_without_what_is_around_it(error, summary):
    assert summary_of(error) == summary


CODE = """
import keras
import tensorflow as tf

class Wrong(keras.layers.Layer):
    def call(self, x):
        return tf.matmul(x, tf.ones((3, 3)))

@tf.function
def traced(x):
    return x + tf.ones(4)

@tf.function
def at_run_time(x):
    return tf.cast(x, tf.int32) + tf.range(tf.cast(x[0], tf.int32))

def missing():
    return {}["width"]

def chained():
    try:
        missing()
    except KeyError as error:
        raise RuntimeError("no model") from error
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A module of the user."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_for_failures.py").write_text(CODE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("own_for_failures")


@pytest.mark.parametrize(
    ("call", "summary", "line"),
    [
        (lambda own: own.missing(), "KeyError: 'width'", "18, in missing"),
        (lambda own: own.chained(), "RuntimeError: no model", "24, in chained"),
        (
            lambda own: own.traced(tf.ones(3)),
            "ValueError: Dimensions must be equal, but are 3 and 4 for 'add' with input shapes: [3], [4].",
            "11, in traced",
        ),
        (
            lambda own: own.at_run_time(tf.constant([5.0, 0.0])),
            "InvalidArgumentError: Incompatible shapes: [2] vs. [5]",
            "15, in at_run_time",
        ),
        (
            lambda own: own.Wrong()(keras.Input((30,))),
            "ValueError: Dimensions must be equal, but are 30 and 3 for 'MatMul' with input shapes: [?,30], [3,3].",
            "7, in call",
        ),
    ],
    ids=["python", "chain", "traced", "graph", "keras"],
)
def test_the_line_of_the_users_code(own, monkeypatch, tmp_path_factory, call, summary, line):
    monkeypatch.chdir(tmp_path_factory.getbasetemp())
    with pytest.raises((KeyError, RuntimeError, ValueError, tf.errors.InvalidArgumentError)) as raised:
        call(own)
    shown = summary_of(
        raised.value.with_traceback(raised.value.__traceback__.tb_next)
    )  # without this test's frame
    assert shown.startswith(summary)
    assert shown.endswith(f"own_for_failures.py, line {line})")
    assert "\n" not in shown
