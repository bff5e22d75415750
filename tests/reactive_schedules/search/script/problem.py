"""A small search, as a script would have it: `python problem.py FOLDER TRIALS` runs it."""

import sys

import keras
import numpy as np

import reactive_schedules as rs

X = np.random.default_rng(0).normal(size=(400, 5)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("float32")
TRAIN, VALIDATION = (X[:300], Y[:300]), (X[300:], Y[300:])

SPEC = {
    "learning_rate": {"family": "constant", "peak": 0.01},
    "plateau": {"patience": 2, "action": "decay"},
    "epochs": 9,
}
SPACE = {"learning_rate": {"peak": {"low": 0.003, "high": 0.3, "log": True}}, "model": {"width": [4, 16]}}


def build_model(hyperparameters):
    """A model with a random layer."""
    if hyperparameters["width"] < 0:
        raise ValueError("width: must not be negative")
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(hyperparameters["width"], "relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )


def search(folder, trials, **changes):
    """Runs the search, with other arguments if they are given."""
    arguments = {
        "build_model": build_model,
        "train": TRAIN,
        "validation": VALIDATION,
        "spec": SPEC,
        "space": SPACE,
        "hyperparameters": {"width": 4},
        "fit": {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
        "trials": trials,
        "folds": 0,
        "directory": folder,
        "verbose": 0,
        **changes,
    }
    return rs.tune(**arguments)


if __name__ == "__main__":
    print(search(sys.argv[1], int(sys.argv[2]), algorithm=sys.argv[3], verbose=1))
