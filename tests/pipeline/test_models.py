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
