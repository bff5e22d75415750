"""Refuses models saved by release 0.1.0, whose schedules had other names."""

from typing import Any, NoReturn

import keras

from reactive_schedules.errors import SpecError

_NAMES = (
    "Constant", "Cosine", "CosineRestarts", "Cyclical", "Exponential", "InverseSquareRoot", "InverseTime", "Linear",
    "OnClock", "OneCycle", "Piecewise", "Polynomial", "REX", "Scaled", "Sequence", "Warmup", "WarmupStableDecay",
)  # fmt: skip


class OfAnEarlierRelease:
    """A placeholder for the schedules of release 0.1.0 when Keras loads a model."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> NoReturn:
        """Called by Keras.

        Raises:
            SpecError: Always.
        """
        raise SpecError(
            "model: learning-rate schedule was saved by reactive-schedules 0.1.0, which is not compatible; load the "
            "model with keras.models.load_model(path, compile=False), and compile it with a new schedule"
        )


for _name in _NAMES:
    keras.saving.get_custom_objects()[f"schedules>{_name}"] = OfAnEarlierRelease
