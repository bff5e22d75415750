import keras
import numpy as np
import pytest

from components.features import Input, LabelFeature, ModelSchema
from pipeline import images, models

CLASSES = LabelFeature("label", "classification", tuple(range(3)))
SMALL = {"filters": 2, "width": 4}


def model(*shape: int, label: LabelFeature = CLASSES, **hyperparameters: object) -> keras.Model:
    schema = ModelSchema({"image_xf": Input(shape, "float32")}, label)
    return models.build_model({**SMALL, **hyperparameters}, schema)


def pixels(*shape: int) -> dict[str, np.ndarray]:
    return {"image_xf": np.random.default_rng(0).normal(size=shape).astype("float32")}


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (1, 40, 3), (8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 43, 3), (224, 224, 3)]
)
def test_images_of_any_size(shape):
    answers = np.asarray(model(*shape)(pixels(2, *shape)))
    assert (answers.shape, answers.dtype) == ((2, 3), np.float32)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_the_size_changes_the_steps_of_the_pixels_and_not_the_weights():
    weights = [weight.shape for weight in model(32, 32, 3).weights[4:]]
    assert [weight.shape for weight in model(224, 224, 3).weights[4:]] == weights


def test_filters_double_from_stage_to_stage():
    found = [
        layer.filters
        for layer in model(64, 64, 3, filters=8).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert sorted(set(found)) == [8, 16, 32]


@pytest.mark.parametrize("network", images.NETWORKS)
@pytest.mark.parametrize("augment", images.AUGMENTATIONS)
def test_images_are_changed_in_training_alone(augment, network, tmp_path):
    keras.utils.set_random_seed(0)
    changed = keras.Input((8, 8, 1))
    made = keras.Model(changed, images.features(changed, network, 2, augment))
    batch = pixels(4, 8, 8, 1)["image_xf"]
    for layer in made.layers:  # whose averages change in training, too
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    made.save(tmp_path / "model.keras")
    for model in (made, keras.models.load_model(tmp_path / "model.keras")):
        plain = np.asarray(model(batch, training=False))
        np.testing.assert_array_equal(plain, model(batch))
        np.testing.assert_array_equal(plain, np.asarray(model.predict_on_batch(batch)))
        one, other = (np.asarray(model(batch, training=True)) for _ in range(2))
        assert np.array_equal(one, other) == (augment == "none")


@pytest.mark.parametrize(("augment", "mirrors"), [("none", False), ("shift", False), ("flip", True)])
def test_only_flip_mirrors_images(augment, mirrors):
    found = model(8, 8, 1, augment=augment).layers
    assert any(isinstance(layer, keras.layers.RandomFlip) for layer in found) == mirrors


def test_an_unknown_choice_is_refused():
    with pytest.raises(
        ValueError, match=r"^model.hyperparameters.augment: must be none, shift or flip; got True$"
    ):
        model(8, 8, 1, augment=True)
    with pytest.raises(
        ValueError, match=r"^model.hyperparameters.images: must be residual or plain; got 'vgg'$"
    ):
        model(8, 8, 1, images="vgg")


@pytest.mark.parametrize("label", [CLASSES, LabelFeature("price", "regression")])
def test_images_and_a_table_together(label, tmp_path):
    inputs = {
        "image_xf": Input((9, 7, 3), "float32"),
        "numeric_xf": Input((3,), "float32"),
        "kind_xf": Input((1,), "int64", 4),
    }
    joined = models.build_model(SMALL, ModelSchema(inputs, label))
    chance = np.random.default_rng(0)
    rows = {
        **pixels(5, 9, 7, 3),
        "numeric_xf": chance.normal(size=(5, 3)).astype("float32"),
        "kind_xf": chance.integers(4, size=(5, 1)),
    }
    answers = np.asarray(joined(rows))
    assert answers.shape == (5, 3 if label.classes else 1)
    for name in inputs:
        assert not np.allclose(answers, joined({**rows, name: rows[name][::-1].copy()})), name
    joined.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(answers, again(rows))


def test_a_last_batch_of_one_image_and_equal_pixels_leave_everything_finite():
    network = model(8, 8, 1)
    network.compile("adam", "sparse_categorical_crossentropy")
    batch = {"image_xf": np.ones((5, 8, 8, 1), "float32")}
    network.fit(batch, np.array([0, 1, 2, 0, 1]), batch_size=4, epochs=2, verbose=0)
    assert all(np.isfinite(weight).all() for weight in network.get_weights())
    assert np.isfinite(network(batch)).all()
