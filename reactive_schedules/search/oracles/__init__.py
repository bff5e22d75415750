"""KerasTuner's and Optuna's side of the algorithms: imported when a search is made, not when it is configured."""

from reactive_schedules.extras import brought_by

with brought_by("search"):
    import keras_tuner  # noqa: F401  # here once for all modules of the folder
