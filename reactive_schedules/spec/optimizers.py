"""The optimizers of a training spec."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from reactive_schedules.fields import Interval, SpecModel

_Momentum = Annotated[float, Interval("[0, 1)")]


class OptimizerSpec(SpecModel):
    """The base class of optimizers: a name, and a limit on the norm of the gradients."""

    name: str

    clip_norm: Annotated[float, Interval("(0, inf)")] | None = Field(
        default=None, description="limit on the global norm of the gradients"
    )

    @property
    def averaging(self) -> float:
        """The m in the noise scale εN/(B(1−m)): the momentum, or Adam's β₁."""
        raise NotImplementedError


class SgdSpec(OptimizerSpec):
    """Stochastic gradient descent, with momentum by default."""

    name: Literal["sgd"] = "sgd"
    momentum: _Momentum = Field(default=0.9, description="momentum")
    nesterov: bool = Field(default=False, description="whether to use Nesterov momentum")

    @property
    def averaging(self) -> float:
        """The momentum."""
        return self.momentum


class _Moments(OptimizerSpec):
    """The parameters that Adam and AdamW share."""

    beta_1: _Momentum = Field(default=0.9, description="decay rate of the mean of the gradients")
    beta_2: _Momentum = Field(default=0.999, description="decay rate of the mean of the squared gradients")
    epsilon: Annotated[float, Interval("(0, inf)")] = Field(
        default=1e-7, description="constant added to the denominator"
    )

    @property
    def averaging(self) -> float:
        """Adam's β₁."""
        return self.beta_1


class AdamSpec(_Moments):
    """Adam."""

    name: Literal["adam"] = "adam"


class AdamWSpec(_Moments):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    weight_decay: Annotated[float, Interval("[0, inf)")] = Field(
        default=0.004, description="decoupled weight decay"
    )


class RMSpropSpec(OptimizerSpec):
    """RMSprop."""

    name: Literal["rmsprop"] = "rmsprop"
    rho: _Momentum = Field(default=0.9, description="decay rate of the mean of the squared gradients")
    momentum: _Momentum = Field(default=0.0, description="momentum")
    epsilon: Annotated[float, Interval("(0, inf)")] = Field(
        default=1e-7, description="constant added to the denominator"
    )

    @property
    def averaging(self) -> float:
        """The momentum."""
        return self.momentum


Optimizer = Annotated[SgdSpec | AdamSpec | AdamWSpec | RMSpropSpec, Field(discriminator="name")]
"""Any optimizer, selected by its key `name`."""

OPTIMIZERS: dict[str, type[OptimizerSpec]] = {
    kind.model_fields["name"].default: kind for kind in get_args(get_args(Optimizer)[0])
}
"""Optimizer by name."""
