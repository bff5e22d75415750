"""A search as users of TFX's own Tuner write it: KerasTuner's Hyperband on a small regression."""

import keras
import keras_tuner
import numpy as np
from tfx.components.tuner.component import TunerFnResult

EPOCHS, STEPS = 2, 3  # steps of an epoch
X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model() -> keras.Sequential:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])


def build(hyperparameters) -> keras.Sequential:
    made = model()
    rate = hyperparameters.Float("rate", 0.001, 0.01, sampling="log")
    made.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    return made


class Begun(keras.callbacks.Callback):
    """Notes where each training begins: epochs before it, and steps of the optimizer."""

    found: list[tuple[int, int]] = []  # of the class, as KerasTuner copies callbacks

    def on_train_begin(self, logs=None):
        self.first = True

    def on_epoch_begin(self, epoch, logs=None):
        if self.first:
            self.found.append((epoch, int(self.model.optimizer.iterations)))
        self.first = False


def tuner_fn(fn_args) -> TunerFnResult:
    tuner = keras_tuner.Hyperband(
        build, objective="val_loss", max_epochs=EPOCHS, factor=2, seed=1, directory=fn_args.working_dir
    )
    options = {"x": X, "y": Y, "validation_data": (X, Y), "batch_size": 32, "verbose": 0}
    return TunerFnResult(tuner=tuner, fit_kwargs={**options, "callbacks": [Begun()]})
