"""Whether a hypermodel searches a learning rate that the schedule replaces."""

from collections.abc import Callable, Container
from typing import Any

import keras
import keras_tuner
import numpy as np


def searched_rates(
    model: Any,
    hp: keras_tuner.HyperParameters,
    build: Callable[[keras_tuner.HyperParameters], Any],
    known: Container[str],
) -> list[str]:
    """Names of the hyperparameters that a hypermodel gives to its optimizer as the learning rate.

    Args:
        model: Model that `build` returned for these values.
        hp: Hyperparameters of the trial.
        build: Builds a model. It is called again only if a value equals the rate, to tell a coincidence.
        known: Names that are not to be looked at.
    """
    rate = _rate(model)
    suspects = [
        name
        for name, value in hp.values.items()
        if name not in known and isinstance(value, float) and np.float32(value) == rate
    ]
    return [name for name in suspects if _rate(build(_changed(hp, name))) != rate]


def _rate(model: Any) -> np.float32 | None:
    rate = getattr(getattr(model, "optimizer", None), "_learning_rate", None)
    return (
        np.float32(np.asarray(keras.ops.convert_to_numpy(rate)).item())
        if isinstance(rate, keras.Variable)
        else None
    )


def _changed(hp: keras_tuner.HyperParameters, name: str) -> keras_tuner.HyperParameters:
    changed: Any = hp.copy()
    changed.values[name] = 0.5 * changed.values[name]
    return changed
