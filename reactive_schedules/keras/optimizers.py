"""Builds the optimizer of a spec, and inspects Keras optimizers."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.spec.optimizers import OptimizerSpec


def build_optimizer(
    spec: OptimizerSpec, learning_rate: float | LearningRateSchedule
) -> keras.optimizers.Optimizer:
    """Builds the Keras optimizer of a spec, with a learning rate."""
    settings = spec.model_dump(exclude={"name", "clip_norm"})
    config = {"learning_rate": learning_rate, "global_clipnorm": spec.clip_norm, **settings}
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
