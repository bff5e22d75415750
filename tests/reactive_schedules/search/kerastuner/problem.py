"""A search of schedules on digits, as a program: `python -m …problem FOLDER [TRIALS]`."""

import sys

import keras
import keras_tuner
from sklearn.datasets import load_digits

import reactive_schedules as rs

X, Y = load_digits(return_X_y=True)
X = (X / 16).astype("float32")
TRAIN, VALIDATION = (X[:400], Y[:400]), (X[400:600], Y[400:600])

SPEC = {
    "learning_rate": {"family": "one_cycle", "peak": 0.01},
    "plateau": {"monitor": "val_loss", "patience": 4, "action": "decay"},
    "epochs": 4,
}
SPACE = {"learning_rate": {"peak": {"low": 0.003, "high": 0.1, "log": True}}, "batch_size": [32, 100]}


def build(hp):
    """As for KerasTuner, with a random layer."""
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(hp.Choice("width", [8, 16]), "relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def halving(trials=4):
    return rs.Oracle("halving", "val_loss", max_trials=trials, epochs=4, factor=2)


def tuner(folder, oracle=None, hypermodel=build, spec=SPEC, space=SPACE, **options) -> keras_tuner.Tuner:
    return rs.ScheduleTuner(oracle or halving(), hypermodel, spec, space, directory=folder, **options)


def search(found, **changes):
    x, y = TRAIN
    found.search(x, y, **{"validation_data": VALIDATION, "verbose": 0, **changes})
    return found


def scores(found) -> dict[str, tuple]:
    """The values and scores of all trials, by KerasTuner's id."""
    return {
        trial_id: (dict(trial.hyperparameters.values), trial.score)
        for trial_id, trial in sorted(found.oracle.trials.items())
    }


if __name__ == "__main__":
    search(tuner(sys.argv[1]))
