"""Terms of rows, analysed by TensorFlow Transform."""

import tempfile

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import schema_utils

from components.transform import analyzers, words

TEXTS = ["a a b", "a c", "", "d a", "C?", "b", "Not seen twice", "a"]
TAGS = ["x|y", "y", "", " y | z ", "['x'|'w']", "||", "y", "x"]


def analyse(texts, tags, batch):
    def preprocess(inputs):
        (text,) = words.words([inputs["text"]])
        return {
            "text": analyzers.tf_idf([text], 3)[0],
            "all": analyzers.tf_idf([*words.words([inputs["tags"]]), text], 9, "all")[1],
            "none": analyzers.tf_idf(
                [text.with_flat_values(tf.strings.substr(text.flat_values, 0, 0))], 3, "none"
            )[0],
            "tags": analyzers.multi_hot(words.parts([inputs["tags"]], "|"), 2)[0],
        }

    spec = {name: tf.io.FixedLenFeature([1], tf.string) for name in ("text", "tags")}
    metadata = tft.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [{"text": [text], "tags": [tag]} for text, tag in zip(texts, tags, strict=True)]
    with tempfile.TemporaryDirectory() as folder, tft_beam.Context(folder, desired_batch_size=batch):
        (found, _), _ = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(preprocess)
    return {name: np.array([row[name] for row in found]) for name in found[0]}


@pytest.fixture(scope="module")
def found():
    return analyse(TEXTS, TAGS, 3)


def test_words_are_weighed_by_how_often_a_row_has_them_and_how_few_rows_do(found):
    # Three terms are in two rows at least: "a" in four of the eight, "c" and "b" in two.
    weigh = {
        term: round(64 * (1 + np.log(9 / (1 + rows)))) / 64 for term, rows in {"a": 4, "c": 2, "b": 2}.items()
    }
    twice = round(64 * (1 + np.log(2))) / 64
    expected = np.zeros((8, 3))
    for row, term, times in [
        (0, "a", twice),
        (0, "b", 1),
        (1, "a", 1),
        (1, "c", 1),
        (3, "a", 1),
        (4, "c", 1),
        (5, "b", 1),
        (7, "a", 1),
    ]:
        expected[row, "acb".index(term)] = times * weigh[term]
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found["text"][:, :3], expected / np.where(lengths > 0, lengths, 1), rtol=1e-6)


def test_lists_are_zeros_and_ones_with_a_place_for_all_other_values(found):
    assert found["tags"].tolist() == [
        [1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [0, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0],
    ]  # fmt: skip


def test_inputs_are_as_wide_as_the_terms_that_there_are(found):
    assert {name: values.shape[1] for name, values in found.items()} == {
        "text": 4,
        "all": 4,
        "none": 1,
        "tags": 3,
    }


def test_neither_order_nor_batches_change_a_bit(found):
    order = np.random.default_rng(0).permutation(len(TEXTS))
    again = analyse([TEXTS[row] for row in order], [TAGS[row] for row in order], 5)
    for name, values in again.items():
        np.testing.assert_array_equal(values, found[name][order])
