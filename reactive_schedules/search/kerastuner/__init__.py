"""For users of KerasTuner: the search algorithms as an oracle, and a tuner of schedules.

`oracle` works with any `keras_tuner.Tuner`; `schedule_tuner` is one, and works with any oracle.
"""

from reactive_schedules.extras import brought_by

with brought_by("search"):
    import keras_tuner  # noqa: F401  # checked once for all modules in this folder
