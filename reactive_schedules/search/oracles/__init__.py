"""Oracles for the algorithms, with KerasTuner and Optuna; imported only when a searcher is made."""

from reactive_schedules.extras import brought_by

with brought_by("search"):
    import keras_tuner  # noqa: F401  # checked once for all modules in this folder
