"""What the author of a pipeline writes for TFX's own Trainer and Tuner."""

import json
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from tfx.components.tuner.component import TunerFnResult


def run_fn(fn_args):
    """Writes down which hyperparameters TFX's Trainer was given, as its guides read them."""
    found = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    folder = Path(fn_args.serving_model_dir)
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text(json.dumps(found.values), encoding="utf-8")


def tuner_fn(fn_args):
    """Searches for a learning rate on numbers of its own."""

    def build(hp):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        rate = hp.Choice("learning_rate", [0.002])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return model

    tuner = keras_tuner.RandomSearch(
        build, objective="val_loss", max_trials=1, directory=fn_args.working_dir, project_name="theirs"
    )
    data = np.ones((4, 2)), np.ones((4, 1))
    return TunerFnResult(
        tuner=tuner, fit_kwargs={"x": data[0], "y": data[1], "validation_data": data, "verbose": 0}
    )
