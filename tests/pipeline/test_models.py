import keras
import numpy as np
import pytest

from components.features import Input, LabelFeature, ModelSchema
from pipeline import models

IMAGE = {"image_xf": Input((32, 32, 3), "float32")}
CLASSES = LabelFeature("label", "classification", tuple(range(10)))


def test_vgg_is_vgg16():
    model = models.vgg({}, ModelSchema(IMAGE, CLASSES))
    convolutions = [layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert convolutions == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    dense = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [512, 10]


def test_vgg_changes_images_in_training_only():
    keras.utils.set_random_seed(0)
    model = models.vgg({"width": 2}, ModelSchema(IMAGE, CLASSES))
    images = {"image_xf": np.random.default_rng(0).normal(size=(4, 32, 32, 3)).astype("float32")}
    one, other = (keras.ops.convert_to_numpy(model(images, training=False)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(one.sum(axis=1), 1, rtol=1e-5)
    one, other = (keras.ops.convert_to_numpy(model(images, training=True)) for _ in range(2))
    assert not np.array_equal(one, other)


def test_vgg_takes_images_smaller_than_its_pooling():
    small = ModelSchema({"image_xf": Input((8, 8, 1), "float32")}, CLASSES)
    assert models.vgg({"width": 2}, small).output_shape == (None, 10)


@pytest.mark.parametrize(
    "schema",
    [
        ModelSchema({**IMAGE, "numeric_xf": Input((3,), "float32")}, CLASSES),
        ModelSchema({"numeric_xf": Input((3,), "float32")}, CLASSES),
        ModelSchema(IMAGE, LabelFeature("price", "regression")),
    ],
)
def test_vgg_says_what_it_takes(schema):
    with pytest.raises(ValueError, match=r"model.build: vgg takes one image .* or use another model"):
        models.vgg({}, schema)


def test_inputs_whose_names_differ_in_a_slash_only():
    names = ("a/b_xf", "a_b_xf", "a_b_xf_")
    schema = ModelSchema({name: Input((1,), "int64", 3) for name in names}, CLASSES)
    model = models.build_model({"width": 2}, schema)
    assert set(model.input) == set(names)
    first, other = ({name: np.array([[int(name == chosen)]]) for name in names} for chosen in names[:2])
    assert not np.allclose(model(first), model(other))


TABLE = {
    "few_xf": Input((1,), "int64", 11),
    "many_xf": Input((1,), "int64", 12),
    "numeric_xf": Input((3,), "float32"),
    "words_xf": Input((5,), "float32"),
}


def table(rows=8, **changes):
    rng = np.random.default_rng(1)
    values = {
        "few_xf": rng.integers(11, size=(rows, 1)),
        "many_xf": rng.integers(12, size=(rows, 1)),
        "numeric_xf": rng.normal(size=(rows, 3)).astype("float32"),
        "words_xf": rng.random((rows, 5)).astype("float32"),
    }
    return {**values, **changes}


def test_numbers_get_their_cosines_and_stay_as_they_are():
    model = models.build_model({"width": 4}, ModelSchema({"numeric_xf": Input((5,), "float32")}, CLASSES))
    numbers = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    (joined,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    found = keras.ops.convert_to_numpy(keras.Model(model.inputs, joined.output)(numbers))
    frequencies, phases, kernel, bias = model.get_weights()[:4]
    waves = np.cos(numbers[:, :, None] * frequencies + phases)
    combined = np.einsum("bcw,cwu->bcu", waves, kernel) + bias
    np.testing.assert_array_equal(found[:, :5], numbers)
    np.testing.assert_allclose(found[:, 5:], combined.reshape(4, 15), atol=1e-5)


@pytest.mark.parametrize("label", [CLASSES, LabelFeature("price", "regression")])
def test_the_saved_model_answers_alike(label, tmp_path):
    model = models.build_model({"width": 4, "activation": "selu"}, ModelSchema(TABLE, label))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(table()), again(table()))
    assert {layer.activation.__name__ for layer in model.layers if isinstance(layer, keras.layers.Dense)} == {
        "selu", "softmax" if label.classes else "linear"
    }  # fmt: skip


def test_each_kind_of_column_is_embedded_in_its_way():
    model = models.build_model({"width": 4}, ModelSchema(TABLE, CLASSES))
    assert [layer.input_dim for layer in model.layers if isinstance(layer, keras.layers.Embedding)] == [12]
    joined = [layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate)][-1]
    assert [part.shape[1] for part in joined.input] == [11, 8, 3 * 4, 5]


def test_too_many_numbers_are_taken_as_they_are():
    wide = {"numeric_xf": Input((models.MOST_EMBEDDED + 1,), "float32")}
    model = models.build_model({"width": 4}, ModelSchema(wide, CLASSES))
    assert not any(isinstance(layer, keras.layers.EinsumDense) for layer in model.layers)


@pytest.mark.parametrize("column", sorted(TABLE))
def test_every_column_changes_the_answer(column):
    model = models.build_model({"width": 16}, ModelSchema(TABLE, CLASSES))
    changed = table(**{column: table()[column][::-1].copy()})
    assert not np.allclose(model(table()), model(changed))
