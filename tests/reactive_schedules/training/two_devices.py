"""Trains on one and on two virtual CPUs, and leaves what came out in the folder that it is given."""

import contextlib
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import reactive_schedules as rs
from reactive_schedules.training.fit import fit
from tests import two_cpus
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, spec, validation_data


def train(scope, **options):
    with scope:
        # Normalisation by batch differs where each device has half of it.
        layers = [layer for layer in build_model(dropout=0.0).layers if "norm" not in layer.name]
        model = keras.Sequential([keras.Input((6,)), *layers])
        model.compile(**COMPILE)
    metrics = {"first": lambda labels, predictions, _: predictions[0, 0], "right": _right}
    chosen = spec("grow", epochs=6, optimizer="sgd").model_copy(update={"batch_size": 5})
    # Batches that do not halve evenly, and a last one of a single example.
    result = fit(model, data(201), validation_data(), chosen, validation_metrics=metrics, **options)
    return np.concatenate([np.ravel(weights) for weights in model.get_weights()]), result


def callback_rates(scope):
    """What the callbacks for Keras' own fit do to the rate."""
    found = []
    reaction = rs.PlateauDecay(rs.PlateauSpec(monitor="loss", patience=1, min_delta=1e9, max_actions=9))
    for callback in (rs.RateCallback(lambda rate, **_: rate / 2, every="10st"), reaction):
        with scope():
            model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax")])
            model.compile(keras.optimizers.SGD(0.5), **COMPILE)
        heard = model.fit(*data(200), batch_size=20, epochs=3, verbose=0, callbacks=[callback])
        found.append(heard.history["learning_rate"])
    return found


def _right(labels, predictions, weights):
    """Depends on each label standing beside its prediction."""
    return np.mean(predictions[np.arange(len(labels)), labels])


def main(folder):
    two_cpus.divide()
    for count in (1, 2):
        strategy = tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(count)])
        scope = strategy.scope if count == 2 else contextlib.nullcontext
        weights, result = train(scope())
        train(scope(), until=2, checkpoint_dir=folder / f"checkpoints {count}")
        resumed, _ = train(scope(), checkpoint_dir=folder / f"checkpoints {count}")
        rates = callback_rates(scope)
        np.savez(folder / f"{count}.npz", weights=weights, resumed=resumed, rates=rates, **result.history)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
