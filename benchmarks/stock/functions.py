"""What a TFX user writes for Transform, Tuner and Trainer, after TFX's penguin example, for Keras 3.

The model is that of `pipeline.models.build_model` on a table: an embedding per text column, all columns side by
side, dense layers. Numbers such as epochs and batch size come from the benchmark's configuration.
"""

import functools
from typing import Any

import keras
import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft
from tfx import v1 as tfx
from tfx_bsl.public import tfxio

LABEL_KEY = "tips"
VOCABULARY_KEYS = ["company", "payment_type"]
NUMERIC_KEYS = [
    "dropoff_census_tract",
    "dropoff_community_area",
    "dropoff_latitude",
    "dropoff_longitude",
    "fare",
    "pickup_census_tract",
    "pickup_community_area",
    "pickup_latitude",
    "pickup_longitude",
    "trip_miles",
    "trip_seconds",
    "trip_start_day",
    "trip_start_hour",
    "trip_start_month",
    "trip_start_timestamp",
]
VOCABULARY_SIZE = 1000


def transformed_name(key: str) -> str:
    """Name of a feature after Transform."""
    return f"{key}_xf"


def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, tf.Tensor]:
    """Transform calls this: numbers standardised, text as an index into its vocabulary."""
    outputs = {}
    for key in NUMERIC_KEYS:
        number = tf.cast(inputs[key], tf.float32)
        outputs[transformed_name(key)] = _fill_in_missing(tft.scale_to_z_score(number), 0.0)
    for key in VOCABULARY_KEYS:
        outputs[transformed_name(key)] = tft.compute_and_apply_vocabulary(
            _fill_in_missing(inputs[key], ""), top_k=VOCABULARY_SIZE, num_oov_buckets=1, vocab_filename=key
        )
    outputs[transformed_name(LABEL_KEY)] = tf.cast(inputs[LABEL_KEY], tf.float32)
    return outputs


def tuner_fn(fn_args: tfx.components.FnArgs) -> tfx.components.TunerFnResult:
    """Tuner calls this: random search over the learning rate."""
    job = fn_args.custom_config
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    tuner = keras_tuner.RandomSearch(
        functools.partial(_build_model, transform_output=transform_output, **job["model"]),
        max_trials=job["trials"],
        seed=job["seed"],
        hyperparameters=_hyperparameters(job["peak"]),
        allow_new_entries=False,
        objective=keras_tuner.Objective("val_loss", "min"),
        directory=fn_args.working_dir,
        project_name="taxi_tuning",
    )
    return tfx.components.TunerFnResult(
        tuner=tuner,
        fit_kwargs={
            "x": _input_fn(fn_args.train_files, fn_args.data_accessor, transform_output, job["batch_size"]),
            "validation_data": _input_fn(
                fn_args.eval_files, fn_args.data_accessor, transform_output, job["batch_size"]
            ),
            "epochs": job["epochs"],
            "steps_per_epoch": fn_args.train_steps,
            "validation_steps": fn_args.eval_steps,
            "verbose": 2,
        },
    )


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trainer calls this: trains with the best hyperparameters and exports."""
    job = fn_args.custom_config
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    model = _build_model(
        keras_tuner.HyperParameters.from_config(fn_args.hyperparameters),
        transform_output=transform_output,
        **job["model"],
    )
    model.fit(
        _input_fn(fn_args.train_files, fn_args.data_accessor, transform_output, job["batch_size"]),
        epochs=job["epochs"],
        steps_per_epoch=fn_args.train_steps,
        validation_data=_input_fn(
            fn_args.eval_files, fn_args.data_accessor, transform_output, job["batch_size"]
        ),
        validation_steps=fn_args.eval_steps,
        callbacks=[keras.callbacks.TensorBoard(log_dir=fn_args.model_run_dir, update_freq="epoch")],
        verbose=2,
    )
    signatures = _serving_signatures(model, transform_output)
    tf.saved_model.save(model, fn_args.serving_model_dir, signatures=signatures)


def _fill_in_missing(value, default):
    if not isinstance(value, tf.SparseTensor):
        return value
    dense_shape = [value.dense_shape[0], 1]
    return tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, dense_shape), default)


def _hyperparameters(peak: dict[str, float]) -> keras_tuner.HyperParameters:
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Float("learning_rate", peak["low"], peak["high"], sampling="log")
    return hyperparameters


def _build_model(
    hyperparameters: keras_tuner.HyperParameters,
    transform_output: tft.TFTransformOutput,
    width: int,
    depth: int,
    dropout: float,
) -> keras.Model:
    inputs, parts = {}, []
    for key in NUMERIC_KEYS:
        name = transformed_name(key)
        inputs[name] = keras.layers.Input(shape=(1,), name=name)
        parts.append(inputs[name])
    for key in VOCABULARY_KEYS:
        name = transformed_name(key)
        inputs[name] = keras.layers.Input(shape=(1,), name=name, dtype="int64")
        size = transform_output.vocabulary_size_by_name(key) + 1
        embedded = keras.layers.Embedding(size, min(16, 1 + round(size**0.5)))(inputs[name])
        parts.append(keras.layers.Flatten()(embedded))
    hidden = keras.layers.concatenate(parts)
    for _ in range(depth):
        hidden = keras.layers.Dense(width, activation="relu")(hidden)
        hidden = keras.layers.Dropout(dropout)(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(
        optimizer=keras.optimizers.Adam(hyperparameters.get("learning_rate")),
        loss="mean_squared_error",
        metrics=["mean_absolute_error"],
    )
    return model


def _input_fn(
    file_pattern: list[str],
    data_accessor: tfx.components.DataAccessor,
    transform_output: tft.TFTransformOutput,
    batch_size: int,
) -> tf.data.Dataset:
    return data_accessor.tf_dataset_factory(
        file_pattern,
        tfxio.TensorFlowDatasetOptions(batch_size=batch_size, label_key=transformed_name(LABEL_KEY)),
        transform_output.transformed_metadata.schema,
    ).repeat()


def _serving_signatures(model: keras.Model, transform_output: tft.TFTransformOutput) -> dict[str, Any]:
    # Tracked by the model so that it is saved with it.
    model.tft_layer = transform_output.transform_features_layer()
    examples = tf.TensorSpec([None], tf.string, name="examples")

    @tf.function(input_signature=[examples])
    def serve_tf_examples_fn(serialized_tf_examples):
        spec = transform_output.raw_feature_spec()
        spec.pop(LABEL_KEY)
        transformed = model.tft_layer(tf.io.parse_example(serialized_tf_examples, spec))
        return {"outputs": model({name: transformed[name] for name in model.input})}

    @tf.function(input_signature=[examples])
    def transform_features_fn(serialized_tf_examples):
        spec = transform_output.raw_feature_spec()
        return model.tft_layer(tf.io.parse_example(serialized_tf_examples, spec))

    return {"serving_default": serve_tf_examples_fn, "transform_features": transform_features_fn}
