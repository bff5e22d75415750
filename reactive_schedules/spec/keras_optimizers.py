"""Keras' optimizers as plain data, with the arguments of Keras and its defaults, except for SGD's momentum of 0.9."""

from typing import Annotated, Literal

from pydantic import Field

from reactive_schedules.fields import Count, Interval
from reactive_schedules.spec.optimizers import (
    CyclingMomentum,
    Momentum,
    NotNegative,
    OptimizerSpec,
    Positive,
    register_optimizer,
)


@register_optimizer
class SgdSpec(OptimizerSpec):
    """Stochastic gradient descent, with momentum by default."""

    keras_name = "SGD"
    name: Literal["sgd"] = "sgd"
    momentum: CyclingMomentum = Field(
        default=0.9,
        description="momentum, or two numbers between which it cycles inversely to the learning rate",
    )
    nesterov: bool = Field(default=False, description="whether to use Nesterov momentum")


class _Moments(OptimizerSpec):
    """The parameters that Adam and its relatives share."""

    beta_1: Momentum = Field(default=0.9, description="decay rate of the mean of the gradients")
    beta_2: Momentum = Field(default=0.999, description="decay rate of the mean of the squared gradients")
    epsilon: Positive = Field(default=1e-7, description="constant added to the denominator")


class _CyclingMoments(_Moments):
    beta_1: CyclingMomentum = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default=0.9,
        description="decay rate of the mean of the gradients, or two numbers between which it cycles inversely to the "
        "learning rate",
    )


@register_optimizer
class AdamSpec(_CyclingMoments):
    """Adam."""

    keras_name = "Adam"
    name: Literal["adam"] = "adam"
    amsgrad: bool = Field(default=False, description="whether to use the largest second moment so far")


@register_optimizer
class AdamWSpec(_CyclingMoments):
    """Adam with decoupled weight decay."""

    keras_name = "AdamW"
    name: Literal["adamw"] = "adamw"
    weight_decay: NotNegative = Field(
        default=0.004, description="share of a weight taken off in a step, times the learning rate"
    )
    amsgrad: bool = Field(default=False, description="whether to use the largest second moment so far")


@register_optimizer
class RMSpropSpec(OptimizerSpec):
    """RMSprop."""

    keras_name = "RMSprop"
    name: Literal["rmsprop"] = "rmsprop"
    rho: Momentum = Field(default=0.9, description="decay rate of the mean of the squared gradients")
    momentum: Momentum = Field(default=0.0, description="momentum")
    epsilon: Positive = Field(default=1e-7, description="constant added to the denominator")
    centered: bool = Field(default=False, description="whether to subtract the mean of the gradients")


@register_optimizer
class AdadeltaSpec(OptimizerSpec):
    """Adadelta."""

    keras_name = "Adadelta"
    name: Literal["adadelta"] = "adadelta"
    rho: Momentum = Field(default=0.95, description="decay rate of the mean of the squared gradients")
    epsilon: Positive = Field(default=1e-7, description="constant added to the denominator")


@register_optimizer
class AdafactorSpec(OptimizerSpec):
    """Adafactor, with the learning rate of the spec instead of its own relative steps."""

    keras_name = "Adafactor"
    name: Literal["adafactor"] = "adafactor"
    beta_2_decay: Annotated[float, Interval("(-inf, 0)")] = Field(
        default=-0.8, description="exponent of the decay rate of the second moment"
    )
    epsilon_1: Positive = Field(default=1e-30, description="constant added to the squared gradients")
    epsilon_2: Positive = Field(default=1e-3, description="lowest scale of a weight")
    clip_threshold: Positive = Field(default=1.0, description="limit on the root mean square of an update")


@register_optimizer
class AdagradSpec(OptimizerSpec):
    """Adagrad."""

    keras_name = "Adagrad"
    name: Literal["adagrad"] = "adagrad"
    initial_accumulator_value: NotNegative = Field(
        default=0.1, description="initial sum of the squared gradients"
    )
    epsilon: Positive = Field(default=1e-7, description="constant added to the denominator")


@register_optimizer
class AdamaxSpec(_Moments):
    """Adamax, Adam with the infinity norm."""

    keras_name = "Adamax"
    name: Literal["adamax"] = "adamax"


@register_optimizer
class FtrlSpec(OptimizerSpec):
    """Follow the regularised leader."""

    keras_name = "Ftrl"
    name: Literal["ftrl"] = "ftrl"
    learning_rate_power: Annotated[float, Interval("(-inf, 0]")] = Field(
        default=-0.5, description="exponent of the fall of the learning rate with the squared gradients"
    )
    initial_accumulator_value: NotNegative = Field(
        default=0.1, description="initial sum of the squared gradients"
    )
    l1_regularization_strength: NotNegative = Field(default=0.0, description="strength of the L1 penalty")
    l2_regularization_strength: NotNegative = Field(default=0.0, description="strength of the L2 penalty")
    l2_shrinkage_regularization_strength: NotNegative = Field(
        default=0.0, description="strength of the L2 penalty on the gradients"
    )
    beta: NotNegative = Field(default=0.0, description="constant added to the denominator")


@register_optimizer
class LambSpec(_Moments):
    """LAMB, Adam with a rate per layer, for large batches."""

    keras_name = "Lamb"
    name: Literal["lamb"] = "lamb"


@register_optimizer
class LionSpec(OptimizerSpec):
    """Lion, whose updates are signs; its rate is usually a third to a tenth of Adam's."""

    keras_name = "Lion"
    name: Literal["lion"] = "lion"
    beta_1: Annotated[float, Interval("(0, 1)")] = Field(
        default=0.9, description="weight of past gradients in an update"
    )
    beta_2: Momentum = Field(default=0.99, description="decay rate of the mean of the gradients")


@register_optimizer
class MuonSpec(OptimizerSpec):
    """Muon for matrices, AdamW for other weights."""

    keras_name = "Muon"
    name: Literal["muon"] = "muon"
    weight_decay: NotNegative = Field(
        default=0.004, description="share of a weight taken off in a step, times the learning rate"
    )
    momentum: Momentum = Field(default=0.95, description="momentum")
    nesterov: bool = Field(default=True, description="whether to use Nesterov momentum")
    ns_steps: Count = Field(default=5, description="number of Newton-Schulz iterations")
    rms_rate: Positive | None = Field(
        default=0.2, description="scale that makes updates as large as Adam's; none to disable it"
    )
    exclude_embeddings: bool = Field(default=True, description="whether embeddings are trained by AdamW")
    exclude_layers: tuple[str, ...] | None = Field(
        default=None, description="parts of the names of layers that are trained by AdamW"
    )
    adam_beta_1: Momentum = Field(default=0.9, description="AdamW's decay rate of the mean of the gradients")
    adam_beta_2: Momentum = Field(
        default=0.999, description="AdamW's decay rate of the mean of the squared gradients"
    )
    adam_weight_decay: NotNegative = Field(default=0.004, description="AdamW's weight decay")
    adam_lr_ratio: Positive = Field(default=1.0, description="ratio of AdamW's rate to Muon's")
    epsilon: Positive = Field(default=1e-7, description="constant added to AdamW's denominator")


@register_optimizer
class NadamSpec(_Moments):
    """Adam with Nesterov momentum."""

    keras_name = "Nadam"
    name: Literal["nadam"] = "nadam"


@register_optimizer
class ScheduleFreeAdamWSpec(OptimizerSpec):
    """Schedule-free AdamW, judged at its averaged point; made for a constant rate after a warm-up."""

    keras_name = "ScheduleFreeAdamW"
    name: Literal["schedule_free_adamw"] = "schedule_free_adamw"
    beta_1: Annotated[float, Interval("(0, 1)")] = Field(
        default=0.9, description="weight of the average in the point of training"
    )
    beta_2: Momentum = Field(default=0.999, description="decay rate of the mean of the squared gradients")
    epsilon: Positive = Field(default=1e-8, description="constant added to the denominator")
