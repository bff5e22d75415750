"""The default preprocessing of columns, with a real analysis of a few rows."""

import re
import tempfile

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import schema_utils

from pipeline import preprocessing
from pipeline.preprocessing import preprocessing_fn
from tests.conftest import ROOT

CONFIG = {
    "label": "target",
    "task": "classification",
    "classes": ["no", "yes"],
    "shapes": {},
    "categorical": [],
    "ignore": [],
}


def transform(columns: dict[str, list], function=preprocessing_fn, **config) -> dict[str, np.ndarray]:
    """Transformed features by name; None is a missing value."""
    columns = {**columns, "target": ["no", "yes"] * (len(next(iter(columns.values()))) // 2)}
    spec = {}
    for name, values in columns.items():
        kinds = {type(value) for value in values} - {type(None)}
        dtype = tf.string if str in kinds else tf.float32 if float in kinds else tf.int64
        spec[name] = tf.io.VarLenFeature(dtype) if None in values else tf.io.FixedLenFeature([1], dtype)
    rows = [
        {name: [] if value is None else [value] for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]
    metadata = tft.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    with tempfile.TemporaryDirectory() as folder, tft_beam.Context(folder):
        (transformed, _), _ = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: function(inputs, {**CONFIG, **config})
        )
    return {name: np.array([np.ravel(row[name]) for row in transformed]) for name in transformed[0]}


@pytest.fixture(scope="module")
def transformed():
    return transform(
        {
            "label": ["a", "b", "a", "b"],
            "numeric": ["p", "p", "q", "q"],
            "größe/日本": ["x", "y", "y", "x"],
            "a/b": ["m", "m", "n", "n"],
            "a_b": ["k", "l", "l", "k"],
            "fraction": [0.25, 0.5, 0.25, 1.0],
            "code": [-1, None, 7, 7],
            "broken": [1.0, float("inf"), 3.0, float("nan")],
            "whole": [1, 2, 3, 4],
        },
        categorical=["fraction", "code"],
    )


def groups(indices: np.ndarray) -> list[int]:
    """Equal indices get equal numbers, counted from 0 in order of appearance."""
    seen = list(dict.fromkeys(indices.ravel().tolist()))
    return [seen.index(index) for index in indices.ravel().tolist()]


def test_columns_named_like_the_reserved_features_stay(transformed):
    assert transformed["label_xf"].ravel().tolist() == [0, 1, 0, 1]
    assert transformed["numeric_xf"].shape == (4, 4)  # standardised, then scaled by quantiles
    assert groups(transformed["label__xf"]) == [0, 1, 0, 1]
    assert groups(transformed["numeric__xf"]) == [0, 0, 1, 1]


def test_any_name_has_a_vocabulary_of_its_own(transformed):
    assert groups(transformed["größe/日本_xf"]) == [0, 1, 1, 0]
    assert groups(transformed["a/b_xf"]) == [0, 0, 1, 1]
    assert groups(transformed["a_b_xf"]) == [0, 1, 1, 0]


def test_fractions_can_be_categories(transformed):
    assert groups(transformed["fraction_xf"]) == [0, 1, 0, 2]


def test_gaps_share_no_category_with_a_number(transformed):
    assert groups(transformed["code_xf"]) == [0, 1, 2, 2]


def test_what_is_not_finite_is_a_gap(transformed):
    np.testing.assert_allclose(transformed["numeric_xf"][:, 0], [-1, 0, 1, 0])
    np.testing.assert_allclose(transformed["numeric_xf"][:, 1], (np.arange(4) - 1.5) / np.std(np.arange(4)))
    end = 3**0.5
    np.testing.assert_allclose(transformed["numeric_xf"][:, 2], [-end, 0, end, 0], rtol=1e-6)
    np.testing.assert_allclose(transformed["numeric_xf"][:, 3], [-end, -end / 3, end / 3, end], rtol=1e-6)


def test_the_example_of_the_documentation_runs():
    page = (ROOT / "docs/preprocessing.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], names)
    columns = {"width": [1.0, 2.0, 3.0, 4.0], "height": [5.0, 5.0, 7.0, 7.0], "label": [0, 1, 1, 0]}
    found = transform(columns, names["preprocessing_fn"])
    np.testing.assert_allclose(
        found["numeric_xf"],
        np.stack([(np.arange(4) - 1.5) / np.sqrt(1.25), [-1, -1, 1, 1]], axis=1),
        rtol=1e-6,
    )
    assert found["wide_xf"].ravel().tolist() == [0, 0, 1, 1]
    assert found["label_xf"].ravel().tolist() == [0, 1, 1, 0]


def test_a_number_that_is_too_far_from_all_others_for_float32_becomes_their_mean():
    metadata = tft.DatasetMetadata(
        schema_utils.schema_from_feature_spec({"x": tf.io.FixedLenFeature([1], tf.float32)})
    )
    with tempfile.TemporaryDirectory() as folder, tft_beam.Context(folder):
        function = ([{"x": [0.0]}, {"x": [1e-3]}], metadata) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, CONFIG)
        )
        rows, _ = (([{"x": [3e38]}, {"x": [1e-3]}], metadata), function) | tft_beam.TransformDataset()
    np.testing.assert_allclose([row["numeric_xf"] for row in rows], [[0.0, 3**0.5], [1.0, 3**0.5]], rtol=1e-6)


def test_gaps_of_dates_are_indicated_like_those_of_numbers():
    columns = {
        "day": ["2024-01-31", None, "2024-02-01", "31.02.2024"],
        "size": [1.5, 2.5, None, 3.5],
        "same": ["2024-01-31", None, "2024-01-31", "2024-01-31"],
    }
    formats = {"day": "ISO", "same": "ISO"}
    found = transform(columns, dates=formats, gaps=list(columns))["numeric_xf"]
    assert found[:, -3:].tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 0], [0, 1, 0]]


def test_numbers_that_the_training_could_not_learn_from_stay_out_of_later_predictions():
    spec = {"late": tf.io.VarLenFeature(tf.float32), "same": tf.io.FixedLenFeature([1], tf.int64)}
    metadata = tft.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    train = [{"late": [], "same": [5]}] * 2
    later = [{"late": [5e4], "same": [900]}, {"late": [], "same": [5]}]
    with tempfile.TemporaryDirectory() as folder, tft_beam.Context(folder):
        function = (train, metadata) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, {**CONFIG, "gaps": ["late"]})
        )
        rows, _ = ((later, metadata), function) | tft_beam.TransformDataset()
    # Both standardised, both by quantiles, and the gap.
    np.testing.assert_array_equal([row["numeric_xf"] for row in rows], [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])


def test_many_numbers_are_standardised_alone():
    columns = {f"x{place}": [1.0, 2.0, 3.0, 4.0] for place in range(preprocessing.MOST_RANKED + 1)}
    assert transform(columns)["numeric_xf"].shape == (4, len(columns))
