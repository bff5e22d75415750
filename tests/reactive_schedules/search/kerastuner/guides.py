"""Programs in the shape of three of KerasTuner's guides, with our algorithms and schedules: `python -m …guides FOLDER`.

Prints what each has found, as JSON.
"""

import json
import sys
from pathlib import Path

import keras
import keras_tuner
import numpy as np

import reactive_schedules as rs
from tests.reactive_schedules.search.kerastuner.problem import TRAIN, VALIDATION

LOSS = "sparse_categorical_crossentropy"


class Classifier(keras_tuner.HyperModel):
    """Getting started: a hypermodel that tunes its layers, and arguments of `fit`."""

    def build(self, hp):
        model = keras.Sequential([keras.Input((64,))])
        for layer in range(hp.Int("layers", 1, 2)):
            model.add(
                keras.layers.Dense(
                    hp.Int(f"units_{layer}", 8, 32, step=8), hp.Choice("activation", ["relu", "tanh"])
                )
            )
        if hp.Boolean("dropout"):
            model.add(keras.layers.Dropout(0.25))
        model.add(keras.layers.Dense(10, "softmax"))
        rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
        model.compile(keras.optimizers.Adam(rate), LOSS, metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(
            *args, batch_size=hp.Choice("batch_size", [50, 100]), shuffle=hp.Boolean("shuffle"), **kwargs
        )


def getting_started(folder):
    tuner = keras_tuner.Tuner(rs.Oracle("tpe", "val_accuracy", max_trials=2), Classifier(), directory=folder)
    tuner.search(*TRAIN, epochs=2, validation_data=VALIDATION, verbose=0)
    (best,) = tuner.get_best_hyperparameters()
    (model,) = tuner.get_best_models()
    _, accuracy = model.evaluate(*VALIDATION, verbose=0)
    scores = [trial.score for trial in tuner.oracle.trials.values()]
    return {"accuracy": accuracy, "scores": scores, "searched": sorted(best.values)}


class Loop(keras_tuner.HyperModel):
    """Custom training: a loop of its own, with the schedule of the trial and the epochs that the oracle asks for."""

    def build(self, hp):
        return keras.Sequential(
            [
                keras.Input((64,)),
                keras.layers.Dense(hp.Choice("units", [8, 16]), "relu"),
                keras.layers.Dense(10),
            ]
        )

    def fit(self, hp, model, x, y, validation_data, spec, epochs, callbacks=(), verbose=0):
        horizon = rs.Horizon.of_examples(len(x), batch_size=spec.batch_size, epochs=spec.epochs)
        optimizer, _ = rs.build(spec, horizon)
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        for callback in callbacks:
            callback.set_model(model)
        losses = []
        for epoch in range(epochs):
            for start in range(0, len(x), spec.batch_size):
                model.train_on_batch(x[start : start + spec.batch_size], y[start : start + spec.batch_size])
            losses.append(float(model.evaluate(*validation_data, verbose=0)))
            for callback in callbacks:
                callback.on_epoch_end(epoch, {"val_loss": losses[-1]})
        return {"val_loss": min(losses), "length": len(losses)}


def custom_training(folder):
    spec = {"learning_rate": {"family": "cosine", "peak": 0.1}, "batch_size": 50, "epochs": 2}
    space = {"learning_rate": {"peak": [0.05, 0.1, 0.2]}}
    oracle = rs.Oracle("halving", "val_loss", max_trials=2, epochs=2, factor=2)
    tuner = rs.ScheduleTuner(oracle, Loop(), spec, space, directory=folder)
    x, y = TRAIN
    tuner.search(x, y, validation_data=VALIDATION, verbose=0)
    lengths = [trial.metrics.get_last_value("length") for trial in oracle.trials.values()]
    return {
        "lengths": lengths,
        "peak": tuner.spec_of(tuner.get_best_hyperparameters()[0]).model_dump()["learning_rate"]["peak"],
    }


def preprocessed(hp):
    """Data preprocessing: layers before the model are tuned with it."""
    inputs = keras.Input((64,))
    features = keras.layers.Reshape((8, 8, 1))(inputs)
    if hp.Boolean("shift"):
        features = keras.layers.RandomTranslation(
            hp.Float("by", 0.05, 0.2, step=0.05), 0.1, fill_mode="constant"
        )(features)
    features = keras.layers.Rescaling(hp.Choice("scale", [1.0, 2.0]))(features)
    outputs = keras.layers.Dense(10, "softmax")(keras.layers.Flatten()(features))
    model = keras.Model(inputs, outputs)
    model.compile("adam", LOSS, metrics=["accuracy"])
    return model


def data_preprocessing(folder):
    spec = {
        "learning_rate": {"family": "constant", "peak": 0.01},
        "plateau": {"patience": 1, "action": "decay"},
        "epochs": 3,
    }
    space = {"batch_size": [20, 50], "plateau": {"factor": [0.1, 0.5]}}
    oracle = rs.Oracle("random", "val_loss", max_trials=2)
    tuner = rs.ScheduleTuner(oracle, preprocessed, spec, space, directory=folder)
    x, y = TRAIN
    tuner.search(x, y, validation_data=VALIDATION, verbose=0)
    (best,) = tuner.get_best_hyperparameters()
    (model,) = tuner.get_best_models()
    loss, _ = model.evaluate(*VALIDATION, verbose=0)
    return {
        "loss": loss,
        "score": oracle.get_best_trials()[0].score,
        "batch_size": tuner.spec_of(best).batch_size,
    }


def in_processes(folder):
    """Not of KerasTuner: a search of `rs.tune`, whose trials run in processes."""
    study = rs.tune(
        lambda: keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, "softmax")]),
        TRAIN,
        VALIDATION,
        {"learning_rate": {"family": "constant", "peak": 0.01}, "plateau": {"patience": 1}, "epochs": 2},
        {"learning_rate": {"peak": [0.01, 0.1]}},
        trials=2,
        directory=folder,
        verbose=0,
        fit={"loss": LOSS},
    )
    model = study.model()
    model.compile(loss=LOSS)
    return {"loss": float(model.evaluate(*VALIDATION, verbose=0)), "score": study.best.score}


GUIDES = (getting_started, custom_training, data_preprocessing, in_processes)

if __name__ == "__main__":
    found = {guide.__name__: guide(Path(sys.argv[1], guide.__name__)) for guide in GUIDES}
    print(json.dumps({"backend": keras.backend.backend(), "numpy": np.__version__, **found}))
