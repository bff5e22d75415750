"""A pipeline that nobody made for our components: names, shapes and functions of its own."""

import keras
import tensorflow as tf
import tensorflow_transform as tft

KINDS = ["ash", "birch", "cedar"]


def preprocessing_fn(inputs):
    """Features of rank 0 to 3 under any names, and a label that is an index in a vocabulary."""
    size, kind = tf.squeeze(inputs["size"], 1), tf.squeeze(inputs["kind"], 1)
    return {
        "size": tft.scale_to_z_score(size),
        "spread/of size": tf.stack([size, -size, size * size], axis=1) / 100,
        "patch": tf.reshape(tf.repeat(size, 4) / 100, [-1, 2, 2]),
        "age": inputs["age"],
        "tree": tft.compute_and_apply_vocabulary(kind, vocab_filename="kinds"),
    }


def with_buckets(inputs):
    """Labels that are in a vocabulary only in part."""
    kind, age = tf.squeeze(inputs["kind"], 1), tf.squeeze(inputs["age"], 1)
    return {
        "size": tft.scale_to_z_score(tf.squeeze(inputs["size"], 1)),
        "tree": tft.compute_and_apply_vocabulary(kind, top_k=2, num_oov_buckets=1),
        "years": tft.compute_and_apply_vocabulary(age, top_k=3, num_oov_buckets=2),
    }


def with_sparse(inputs):
    """Returns a feature that is sparse."""
    return {**preprocessing_fn(inputs), "gaps": inputs["gaps"]}


def build_model(hyperparameters, schema):
    """Takes whatever the schema describes."""
    inputs, parts = {}, []
    for number, (name, given) in enumerate(schema.inputs.items()):
        inputs[name] = keras.Input(given.shape, name=f"input_{number}", dtype=given.dtype)
        width = 1
        for size in given.shape:
            width *= size
        parts.append(keras.ops.cast(keras.layers.Reshape((width,))(inputs[name]), "float32"))
    hidden = keras.layers.Dense(hyperparameters.get("units", 8), "relu")(keras.layers.Concatenate()(parts))
    classes = len(schema.label.classes)
    if hyperparameters.get("single"):
        return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    outputs = keras.layers.Dense(classes, "softmax") if classes else keras.layers.Dense(1)
    return keras.Model(inputs, outputs(hidden))


def of_keras_2(hyperparameters, schema):
    """Is what tf.keras makes in a pipeline of TFX."""
    import tf_keras

    return tf_keras.Sequential([tf_keras.layers.Dense(len(schema.label.classes), "softmax")])
