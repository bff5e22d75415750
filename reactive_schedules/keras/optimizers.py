"""Builds the optimizer of a spec, and inspects Keras optimizers."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.errors import SpecError
from reactive_schedules.keras.variables import number
from reactive_schedules.spec.optimizers import OptimizerSpec


def build_optimizer(
    spec: OptimizerSpec, learning_rate: float | LearningRateSchedule, ema: float | None = None
) -> keras.optimizers.Optimizer:
    """Builds the Keras optimizer of a spec; `ema` is the momentum of an average of the weights, None for none."""
    settings = spec.model_dump(exclude={"name", "clip_norm"})
    config = {"learning_rate": learning_rate, "global_clipnorm": spec.clip_norm, **settings}
    if ema is not None:
        config |= {"use_ema": True, "ema_momentum": ema}
    return keras.optimizers.get({"class_name": spec.name, "config": config})


def innermost(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that makes the updates, which loss scaling wraps in mixed precision."""
    while (inner := getattr(optimizer, "inner_optimizer", None)) is not None:
        optimizer = inner
    return optimizer


def averaging(optimizer: keras.optimizers.Optimizer) -> float:
    """The weight of past gradients in an update: the momentum, or Adam's beta_1, or 0."""
    made: Any = innermost(optimizer)
    return float(getattr(made, "momentum", 0.0) or getattr(made, "beta_1", 0.0))


def check_single(optimizer: keras.optimizers.Optimizer) -> None:
    """Checks that an optimizer has one learning rate.

    Raises:
        SpecError: It is a MultiOptimizer, which has a rate for each of its optimizers.
    """
    kind = type(innermost(optimizer)).__name__
    if hasattr(innermost(optimizer), "optimizers"):
        raise SpecError(
            f"optimizer: a {kind} has a learning rate for each of its optimizers, but one "
            "is needed here; use a single optimizer, or keras.callbacks.ReduceLROnPlateau with model.fit"
        )


class Steps:
    """Notices whether an optimizer makes steps, as that of a model with its own training step may not.

    Args:
        optimizer: Built optimizer.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer) -> None:
        self._optimizer, self._before = optimizer, _counters(optimizer)

    def check(self) -> None:
        """Checks, after training steps, that the optimizer has made some.

        Raises:
            SpecError: It has not.
        """
        if _counters(self._optimizer) == self._before:
            raise SpecError(
                "model: its train_step makes no steps with model.optimizer, whose learning rate is set here; apply the "
                "gradients with self.optimizer"
            )


def _counters(optimizer: keras.optimizers.Optimizer) -> list[float]:
    # Loss scaling counts the steps that it skips, and gradient accumulation those that only add up gradients.
    rate = getattr(innermost(optimizer), "_learning_rate", None)
    return [
        number(variable)
        for variable in optimizer.variables
        if len(variable.shape) == 0 and variable is not rate
    ]
