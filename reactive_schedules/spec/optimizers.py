"""The optimizers a spec can name."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from reactive_schedules.fields import Interval, Model

_Momentum = Annotated[float, Interval("[0, 1)")]


class _Optimizer(Model):
    """What every optimizer has: a limit on the gradient's norm."""

    clip_norm: Annotated[float, Interval("(0, inf)")] | None = Field(
        None, description="limit on the norm of all gradients together"
    )

    @property
    def averaging(self) -> float:
        """m in the noise scale εN/(B(1−m)): the momentum, or Adam's β₁."""
        raise NotImplementedError

    def build(self, learning_rate: Any) -> Any:
        """The Keras optimizer.

        Args:
            learning_rate: a float or a Keras learning-rate schedule.
        """
        import keras

        arguments = self.model_dump(exclude={"name", "clip_norm"})
        return keras.optimizers.get(
            {
                "class_name": self.name,
                "config": {"learning_rate": learning_rate, "global_clipnorm": self.clip_norm, **arguments},
            }
        )


class SgdSpec(_Optimizer):
    """Stochastic gradient descent, with momentum by default."""

    name: Literal["sgd"] = "sgd"
    momentum: _Momentum = Field(0.9, description="momentum")
    nesterov: bool = Field(False, description="Nesterov's momentum")

    @property
    def averaging(self) -> float:
        """The momentum."""
        return self.momentum


class AdamSpec(_Optimizer):
    """Adam."""

    name: Literal["adam"] = "adam"
    beta_1: _Momentum = Field(0.9, description="decay of the gradient's mean")
    beta_2: _Momentum = Field(0.999, description="decay of the squared gradient's mean")
    epsilon: Annotated[float, Interval("(0, inf)")] = Field(1e-7, description="added to the denominator")

    @property
    def averaging(self) -> float:
        """Adam's β₁."""
        return self.beta_1


class AdamWSpec(AdamSpec):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    weight_decay: Annotated[float, Interval("[0, inf)")] = Field(0.004, description="decoupled weight decay")


class RMSpropSpec(_Optimizer):
    """RMSprop."""

    name: Literal["rmsprop"] = "rmsprop"
    rho: _Momentum = Field(0.9, description="decay of the squared gradient's mean")
    momentum: _Momentum = Field(0.0, description="momentum")
    epsilon: Annotated[float, Interval("(0, inf)")] = Field(1e-7, description="added to the denominator")

    @property
    def averaging(self) -> float:
        """The momentum."""
        return self.momentum


Optimizer = Annotated[SgdSpec | AdamSpec | AdamWSpec | RMSpropSpec, Field(discriminator="name")]
"""Any optimizer, told apart by its key `name`."""

OPTIMIZERS: dict[str, type[_Optimizer]] = {
    kind.model_fields["name"].default: kind for kind in get_args(get_args(Optimizer)[0])
}
"""Optimizer by name."""
