"""Keras' optimizers with a momentum that falls while the learning rate rises, and rises while it falls."""

from typing import Any

import keras

from reactive_schedules.errors import SpecError


class _Cycling(keras.optimizers.Optimizer):
    """What they share: the momentum of a step, computed from the schedule of the learning rate in each step.

    It is part of the compiled step, as the rate is, so that it reaches the training on every backend.
    """

    _cycled: str
    """Name of the argument that is a momentum."""

    def __init__(self, learning_rate: Any, **arguments: Any) -> None:
        low, high = arguments[self._cycled]
        super().__init__(learning_rate, **{**arguments, self._cycled: high})
        self._lowest = low

    def cycled(self, step: Any) -> Any:
        """The momentum at a step of the optimizer.

        Raises:
            SpecError: The learning rate is not a schedule with a cycle.
        """
        height = getattr(self._learning_rate, "height", None)
        if height is None:
            raise SpecError(
                f"optimizer.{self._cycled}: cycles with the learning rate, which must be a schedule of the family "
                "one_cycle or cyclical; give a single number"
            )
        high = getattr(self, self._cycled)
        return high - (high - self._lowest) * height(step)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the optimizer."""
        config = super().get_config()
        return {**config, self._cycled: [self._lowest, config[self._cycled]]}


@keras.saving.register_keras_serializable(package="reactive_schedules")
class CyclingSGD(_Cycling, keras.optimizers.SGD):
    """SGD whose `momentum` cycles between two numbers."""

    _cycled = "momentum"

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Keras' update, whose conditions on the momentum a compiled function cannot evaluate."""
        ops, kind = keras.ops, variable.dtype
        change = ops.multiply(ops.cast(gradient, kind), ops.cast(learning_rate, kind))
        momentum = ops.cast(self.cycled(self._iterations), kind)
        slot = self.momentums[self._get_variable_index(variable)]
        self.assign(slot, ops.subtract(ops.multiply(slot, momentum), change))
        step = ops.subtract(ops.multiply(slot, momentum), change) if self.nesterov else slot
        self.assign_add(variable, step)


class _CyclingBeta(_Cycling):
    _cycled = "beta_1"

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Keras' update, in which `beta_1` is that of the step."""
        fixed = self.beta_1
        self.__dict__["beta_1"] = self.cycled(self._iterations)
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self.__dict__["beta_1"] = fixed


@keras.saving.register_keras_serializable(package="reactive_schedules")
class CyclingAdam(_CyclingBeta, keras.optimizers.Adam):
    """Adam whose `beta_1` cycles between two numbers."""


@keras.saving.register_keras_serializable(package="reactive_schedules")
class CyclingAdamW(_CyclingBeta, keras.optimizers.AdamW):
    """AdamW whose `beta_1` cycles between two numbers."""


CYCLING: dict[str, type[_Cycling]] = {"SGD": CyclingSGD, "Adam": CyclingAdam, "AdamW": CyclingAdamW}
"""By the name of Keras' class."""
