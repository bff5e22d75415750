"""`schedules.fit` against Keras' own fit with ReduceLROnPlateau and EarlyStopping, on the same arrays.

Alternates between the two in one process and prints training and validation examples per second, by median
epoch after the first (which traces), their ratio, and what checkpoints cost.

    python -m benchmarks.training_loop [--rounds 3]
"""

import argparse
import statistics
import tempfile
import time

import keras
import numpy as np

import schedules

BATCH_SIZE, EXAMPLES, HELD_OUT, EPOCHS = 32, 6400, 1280, 6
COMPILE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def mlp() -> keras.Model:
    """5,000 parameters."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((64,)), layers.Dense(64, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
    )


def cnn() -> keras.Model:
    """16,000 parameters."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((64,)),
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPool2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPool2D(),
            layers.Flatten(),
            layers.Dense(64, "relu"),
            layers.Dense(10, "softmax"),
        ]
    )


def data(count: int, seed: int) -> tuple:
    """Noise: how fast it is trained on does not depend on what is learnt."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, 64)).astype("float32"), random.integers(0, 10, count)


def ours(build, checkpoint_dir=None) -> float:
    """Seconds of the median epoch, everything included."""
    plateau = {"patience": 3, "action": "decay", "max_actions": 99}
    spec = schedules.TrainingSpec.model_validate(
        {
            "learning_rate": {"family": "cosine", "peak": 0.01},
            "epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
            "plateau": plateau,
        }
    )
    seconds = []
    schedules.fit(
        build(),
        data(EXAMPLES, 0),
        data(HELD_OUT, 1),
        spec,
        **COMPILE,
        checkpoint_dir=checkpoint_dir,
        on_epoch=lambda end: seconds.append(end.seconds),
    )
    return statistics.median(seconds[1:])


class _Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.begun = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(time.perf_counter())

    def on_train_end(self, logs=None):
        self.begun.append(time.perf_counter())


def stock(build) -> float:
    """Seconds of the median epoch, everything included."""
    model, clock = build(), _Clock()
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), **COMPILE)
    stop = keras.callbacks.EarlyStopping(patience=99, restore_best_weights=True)
    callbacks = [clock, keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3), stop]
    model.fit(
        *data(EXAMPLES, 0),
        validation_data=data(HELD_OUT, 1),
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        callbacks=callbacks,
        verbose=0,
    )
    return statistics.median(np.diff(clock.begun)[1:])


def main() -> None:
    """Prints one row per model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'model':<6}{'keras fit':>12}{'ours':>12}{'with checkpoints':>18}{'ratio':>8}{'checkpoint':>14}")
    for build in (mlp, cnn):
        keras_s, ours_s, saving_s = [], [], []
        for _ in range(rounds):
            keras_s.append(stock(build))
            ours_s.append(ours(build))
            with tempfile.TemporaryDirectory() as folder:
                saving_s.append(ours(build, folder))
        theirs, plain, saving = map(statistics.median, (keras_s, ours_s, saving_s))
        rates = [f"{EXAMPLES / seconds:,.0f}/s" for seconds in (theirs, plain, saving)]
        cost = f"{1000 * (saving - plain):.1f} ms"
        print(
            f"{build.__name__:<6}{rates[0]:>12}{rates[1]:>12}{rates[2]:>18}{theirs / saving:>7.1f}x{cost:>14}"
        )


if __name__ == "__main__":
    main()
