"""A problem small enough to be trained many times: a linear rule with a little noise, and a net for it."""

import keras
import numpy as np

from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.fit import fit

EXAMPLES, VALIDATION_EXAMPLES = 203, 60  # neither a multiple of the batch size


def data(count=EXAMPLES, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 6)).astype("float32")
    rule = np.random.default_rng(99).normal(size=(6, 3))
    y = (x @ rule + random.normal(size=(count, 3))).argmax(1)
    return x, y


def validation_data():
    return data(VALIDATION_EXAMPLES, seed=1)


def build_model(dropout=0.2, seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


COMPILE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def spec(action="decay", epochs=12, optimizer="adam", **plateau):
    fields = {"patience": 1, "action": action, "factor": 0.5, "growth": 3.0, "max_actions": 9, **plateau}
    return TrainingSpec.model_validate(
        {
            "optimizer": {"name": optimizer},
            "learning_rate": {"family": "one_cycle", "peak": 0.05},
            "batch_size": 8,
            "epochs": epochs,
            "plateau": fields if action else None,
            "seed": 3,
        }
    )


def train(model=None, chosen=None, **options):
    model = model or build_model()
    options = options if model.compiled else {**COMPILE, **options}
    return model, fit(model, data(), validation_data(), chosen or spec(), **options)


def steps_of(history):
    return [-(-EXAMPLES // batch) for batch in history["batch_size"]]
