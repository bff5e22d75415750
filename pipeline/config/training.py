"""The section `training` of a configuration: the library's spec, and what depends on the data and its label."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import field_validator, model_validator

from components.errors import few, one_of
from components.features import LabelFeature
from components.learning.goal import LOSSES
from components.learning.monitored import mode_of
from components.learning.replicas import Strategy
from pipeline.config.dotted import dotted
from pipeline.config.errors import ConfigError
from pipeline.config.label import or_another_task
from reactive_schedules import TrainingSpec
from reactive_schedules.errors import did_you_mean, fault
from reactive_schedules.failures import summary_of
from reactive_schedules.fields import Interval
from reactive_schedules.plateau.directions import Contradiction


class TrainingSection(TrainingSpec):
    """How to train. A `TrainingSpec`, and:

    Attributes:
        loss: Keras' name of a loss, or the dotted path of your own function of labels and outputs; by default,
            cross-entropy for classes and the squared error for numbers.
        from_logits: Whether the model ends without a softmax, or a sigmoid for several labels per row.
        class_weight: Weight of each class in the training loss, by its value in the data; or "balanced".
        label_smoothing: Share of each label that the loss spreads evenly over all classes; it is for one class per row,
            and changes nothing for other labels.
        calibrate: Whether the probabilities of the served model are calibrated on the eval split.
        ensemble: Number of models to train, with seeds that follow each other; the served model is their average.
        strategy: `mirrored` trains on all GPUs of the machine or pod, which share each batch; by default, on one.
    """

    loss: str | None = None
    from_logits: bool = False
    class_weight: dict[str, float] | Literal["balanced"] | None = None
    label_smoothing: Annotated[float, Interval("[0, 1)")] = 0.0
    calibrate: bool = True
    ensemble: Annotated[int, Interval("[1, 100]")] = 1
    strategy: Strategy | None = None

    @property
    def spec(self) -> TrainingSpec:
        """The library's part."""
        return TrainingSpec.model_validate({name: getattr(self, name) for name in TrainingSpec.model_fields})

    @field_validator("loss")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if "." in value:
            return dotted(value)
        known = [name for names in LOSSES.values() for name in names]
        if value not in known:
            raise ValueError(
                f"{value!r} is not a loss; {did_you_mean(value, known)}use {one_of(known)}, or the dotted path of "
                "your own function"
            )
        return value

    @field_validator("class_weight", mode="before")
    @classmethod
    def _weights(cls, value: Any) -> Any:
        if value is None or value == "balanced":
            return value
        if not isinstance(value, dict) or not value:
            raise ValueError(f"must be balanced, or the weight of each class by its value; got {value!r}")
        for name, weight in value.items():
            is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
            if not (is_number and math.isfinite(weight) and weight >= 0):
                raise ValueError(f"the weight of {name!r} must be a number of at least 0; got {weight!r}")
        return value

    @model_validator(mode="before")
    @classmethod
    def _derive_mode(cls, data: Any) -> Any:
        plateau = data.get("plateau") if isinstance(data, dict) else None
        if not isinstance(plateau, dict) or not isinstance(plateau.get("monitor"), str):
            return data
        mode = derived_mode("plateau.monitor", plateau["monitor"], "plateau.mode", plateau.get("mode"))
        return {**data, "plateau": {**plateau, "mode": mode}}


def derived_mode(key: str, name: str, mode_key: str, mode: Any) -> Any:
    """Returns the mode of a monitored metric, see `mode_of`.

    Args:
        key: Key of the metric.
        name: The metric, as in the logs.
        mode_key: Key of the mode.
        mode: The mode as configured; None if it is not.

    Raises:
        PydanticCustomError: `mode` contradicts the metric, or its dotted path does not name a function.
    """
    try:
        return mode_of(name, mode)
    except Contradiction as error:
        raise fault(mode_key, str(error)) from None
    except Exception as error:  # of the user's module, which is imported
        raise fault(key, f"{name}: {summary_of(error)}") from None


def weights_of_classes(
    section: TrainingSection, task: str, classes: Sequence[str | int]
) -> Literal["balanced"] | tuple[float, ...] | None:
    """Returns the class weights in the order of the classes.

    Raises:
        ConfigError: The label has no classes, or one with a weight is not among them.
    """
    given = section.class_weight
    if given is None:
        return None
    if task != "classification":
        what = "a regression" if task == "regression" else "several labels per row"
        raise ConfigError(f"training.class_weight: is for classification; for {what}, use data.weight")
    if isinstance(given, str):
        return given
    known = [str(value) for value in classes]
    for name in given:
        if name not in known:
            raise ConfigError(f"training.class_weight: {name!r} is not a class; the label has {few(known)}")
    return tuple(given.get(name, 1.0) for name in known)


def check_loss(section: TrainingSection, label: LabelFeature) -> None:
    """Checks that the loss fits the label.

    Raises:
        ConfigError: It does not.
    """
    task = label.task
    if section.from_logits and task == "regression":
        raise ConfigError("training.from_logits: is for classification; a regression has no logits")
    if section.label_smoothing and "." in (section.loss or ""):
        raise ConfigError(
            f"training.label_smoothing: {section.loss} takes labels as they are; remove it, and smooth them there"
        )
    if section.loss is None or "." in section.loss or section.loss in LOSSES[task]:
        return
    raise ConfigError(
        f"training.loss: {section.loss} does not fit a {task} label; use {one_of(LOSSES[task])}, or the dotted path "
        f"of your own function{or_another_task(label)}"
    )
