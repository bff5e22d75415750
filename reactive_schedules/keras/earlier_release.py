"""Refuses models saved by release 0.1.0, whose schedules had other names, in one line."""

from typing import Any, NoReturn

import keras

from reactive_schedules.errors import SpecError

_NAMES = (
    "Constant", "Cosine", "CosineRestarts", "Cyclical", "Exponential", "InverseSquareRoot", "InverseTime", "Linear",
    "OnClock", "OneCycle", "Piecewise", "Polynomial", "REX", "Scaled", "Sequence", "Warmup", "WarmupStableDecay",
)  # fmt: skip


class OfAnEarlierRelease:
    """Stands for a schedule of release 0.1.0 when Keras meets its name in a file."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> NoReturn:
        """Called by Keras.

        Raises:
            SpecError: Always.
        """
        raise SpecError(
            "model: its learning-rate schedule was saved by an earlier release of reactive-schedules (0.1.0); load the "
            "model with keras.models.load_model(path, compile=False), and compile it with a schedule of this release"
        )


for _name in _NAMES:
    keras.saving.get_custom_objects()[f"schedules>{_name}"] = OfAnEarlierRelease
