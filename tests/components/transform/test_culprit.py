"""The row and the column that a transform graph fails for."""

import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from components.errors import UserError
from components.transform.culprit import explained
from reactive_schedules.failures import summary_of
from tests.components.transform import running


def lists(values: list, kind: pa.DataType) -> pa.Array:
    return pa.array([[] if value is None else [value] for value in values], pa.large_list(kind))


def batch(size: list, text: list, image: list | None = None) -> pa.RecordBatch:
    columns = {"size": lists(size, pa.float32()), "text": lists(text, pa.large_binary())}
    return pa.RecordBatch.from_pydict(columns | ({"image": lists(image, pa.large_binary())} if image else {}))


def parses(rows: pa.RecordBatch) -> None:
    for text in rows.column("text").to_pylist():
        float(*text)


def agrees(rows: pa.RecordBatch) -> None:
    """Fails only for combinations."""
    for size, text in zip(rows.column("size").to_pylist(), rows.column("text").to_pylist(), strict=True):
        if size[0] > 1 and text[0] != b"large":
            raise ValueError("sizes differ")


@pytest.mark.parametrize("bad", range(7))
def test_column_and_value_wherever_the_row_is(bad):
    texts = [b"%d" % number for number in range(7)]
    texts[bad] = b"48x"
    found = batch([float(number) for number in range(7)], texts)
    shown = str(explained(ValueError("all"), found, parses))
    assert shown.startswith(
        "model.preprocessing: fails for column 'text' of a row, with the value '48x': ValueError: could not convert "
        "string to float: b'48x' (tests/components/transform/test_culprit.py, line "
    )
    assert shown.endswith("; correct the value, or add the column to data.ignore")


def test_the_row_if_no_column_fails_alone():
    found = batch([1, 2, 1], [b"large", b"small", b"large"])
    shown = str(explained(ValueError("all"), found, agrees))
    assert shown.startswith(
        "model.preprocessing: fails for the row size 2, text 'small': ValueError: sizes differ"
    )


def test_nothing_if_all_rows_fail():
    assert explained(ValueError("all"), batch([1, 2], [b"x", b"y"]), parses) is None


def test_nothing_if_no_row_fails_alone():
    def together(rows: pa.RecordBatch) -> None:
        if rows.num_rows > 1:
            raise ValueError("too many")

    assert explained(ValueError("all"), batch([1, 2], [b"1", b"2"]), together) is None


def test_values_that_are_no_text_are_counted():
    def decodes(rows: pa.RecordBatch) -> None:
        for image in rows.column("image").to_pylist():
            if len(image[0]) != 2:
                raise ValueError("[3] is not [2]")

    found = batch([1, 2], [b"1", b"2"], [b"\xff\xff", b"\xff" * 3])
    assert "column 'image' of a row, with the value of 3 bytes: " in str(
        explained(ValueError(), found, decodes)
    )


def to_number(inputs, custom_config):
    """A `preprocessing_fn` whose graph fails for some values, but not in what it analyses."""
    return {
        "size_xf": tf.strings.to_number(inputs["width"]),
        "label_xf": inputs["target"],
    }


def standardise(inputs, custom_config):
    """A `preprocessing_fn` whose graph fails for some values that it analyses, in a second pass over the data."""
    target = tft.scale_to_0_1(tf.cast(inputs["target"], tf.float32))
    number = tf.strings.to_number(tf.where(target < 2, inputs["width"], "1"))
    return {"size_xf": tft.scale_to_z_score(number), "label_xf": inputs["target"]}


def equal(inputs, custom_config):
    """A `preprocessing_fn` that fails for all rows."""
    tf.debugging.assert_less(inputs["target"], tf.constant(-1, tf.int64), "of no row")
    return {"size_xf": tft.scale_to_z_score(inputs["target"]), "label_xf": inputs["target"]}


def test_an_analysis_that_fails_names_column_and_value(tmp_path):
    columns = {
        "width": [[b"%d" % number] for number in range(99)] + [[b"n/a"]],
        "target": [[number % 2] for number in range(100)],
    }
    raw = running.write_raw(
        tmp_path, columns, {"train": [list(range(50)), list(range(50, 100))], "eval": [[0]]}
    )
    with pytest.raises(UserError) as raised:
        running.run(raw, tmp_path, f"{__name__}.standardise")
    assert str(raised.value).startswith(
        "model.preprocessing: fails for column 'width' of a row, with the value 'n/a': InvalidArgumentError: "
        "StringToNumberOp could not correctly convert string: n/a"
    )


def test_an_analysis_that_fails_for_all_rows_keeps_its_error(tmp_path):
    raw = running.write_raw(tmp_path, {"target": [[0], [1]]}, {"train": [[0, 1]], "eval": [[0]]})
    with pytest.raises(ValueError, match="of no row") as raised:
        running.run(raw, tmp_path, f"{__name__}.equal")
    assert "of no row" in summary_of(raised.value)


@pytest.mark.slow
@pytest.mark.usefixtures("forked_children")
def test_a_graph_that_fails_names_column_and_value(tmp_path):
    """In a worker process, whose errors arrive as text."""
    columns = {
        "width": [[b"%d" % number] for number in range(99)] + [[b"n/a"]],
        "target": [[number % 2] for number in range(100)],
    }
    raw = running.write_raw(tmp_path, columns, {"train": [list(range(100))], "eval": [[0]]})
    beam = ("--direct_running_mode=multi_processing", "--direct_num_workers=1")
    with pytest.raises(RuntimeError, match="column 'width'") as raised:
        running.run(raw, tmp_path, f"{__name__}.to_number", beam=beam)
    assert summary_of(raised.value).startswith(
        "UserError: model.preprocessing: fails for column 'width' of a row, with the value 'n/a': InvalidArgumentError: "
        "StringToNumberOp could not correctly convert string: n/a; correct the value, or add the column to data.ignore"
    )
