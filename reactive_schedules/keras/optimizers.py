"""Builds the optimizer of a spec, and inspects Keras optimizers."""

import inspect
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.errors import SpecError
from reactive_schedules.keras.cycling import CYCLING
from reactive_schedules.keras.variables import number
from reactive_schedules.spec.optimizers import OptimizerSpec


def build_optimizer(
    spec: OptimizerSpec,
    learning_rate: float | LearningRateSchedule,
    ema: float | None = None,
    peak: float | None = None,
) -> keras.optimizers.Optimizer:
    """Builds the Keras optimizer of a spec.

    Args:
        spec: Optimizer of a training spec.
        learning_rate: Learning rate, or Keras schedule.
        ema: Momentum of an average of the weights; None for none.
        peak: Highest rate of the schedule, for `weight_decay_by: schedule`.

    Raises:
        SpecError: The installed Keras lacks the optimizer, or an argument.
    """
    kind = keras.saving.get_registered_object(spec.keras_name) or getattr(
        keras.optimizers, spec.keras_name, None
    )
    if kind is None:
        remedy = (
            f"import the module that registers {spec.keras_name!r} with Keras"
            if ">" in spec.keras_name
            else "install a newer one, or choose another"
        )
        raise SpecError(f"optimizer.name: Keras {keras.__version__} has no {spec.name!r}; {remedy}")
    if spec.cycling:
        kind = CYCLING[spec.keras_name]
    settings = spec.model_dump(exclude={"name", "weight_decay_by"})
    for name in ("weight_decay", "adam_weight_decay"):  # the latter is Muon's
        if spec.weight_decay_by == "schedule" and settings.get(name):
            settings[name] /= peak
    settings["global_clipnorm"] = settings.pop("clip_norm")
    if ema is not None:
        settings |= {"use_ema": True, "ema_momentum": ema}
    _leave_out_what_is_lacking(kind, settings, spec)
    return kind(learning_rate=learning_rate, **settings)


def _leave_out_what_is_lacking(kind: Any, settings: dict[str, Any], spec: OptimizerSpec) -> None:
    taken = inspect.signature(kind.__init__).parameters
    # Keras' own take any keyword, to refuse those that they do not know.
    passes_on = any(each.kind is each.VAR_KEYWORD for each in taken.values())
    if passes_on and (spec.cycling or not kind.__module__.startswith("keras.")):
        return
    for name in [name for name in settings if name not in taken]:
        field = type(spec).model_fields.get("clip_norm" if name == "global_clipnorm" else name)
        if field is None or settings.pop(name) != field.default:
            key = (
                "ema" if field is None else f"optimizer.{'clip_norm' if name == 'global_clipnorm' else name}"
            )
            raise SpecError(
                f"{key}: {spec.keras_name} of Keras {keras.__version__} does not have it; leave it out"
            )


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
