"""The base class of optimizers in a training spec, and their registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import BeforeValidator, Field, SerializeAsAny, WithJsonSchema

from reactive_schedules.errors import did_you_mean, fault
from reactive_schedules.fields import Interval, SpecModel

Momentum = Annotated[float, Interval("[0, 1)")]
"""The weight of the past in a moving average."""


def _number_or_cycle(value: Any) -> float | tuple[float, float]:
    allowed = Interval("[0, 1)")
    if not isinstance(value, list | tuple):
        return allowed.number(value)
    numbers = [allowed.number(each) for each in value]
    if len(numbers) != 2 or not 0 < numbers[0] < numbers[1]:
        raise ValueError(f"must be two increasing numbers in (0, 1), between which it cycles; got {value!r}")
    return numbers[0], numbers[1]


CyclingMomentum = Annotated[
    float | tuple[float, float],
    BeforeValidator(_number_or_cycle),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
                {
                    "type": "array",
                    "items": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ]
        }
    ),
]
"""A momentum, or two between which it cycles inversely to the learning rate."""

Positive = Annotated[float, Interval("(0, inf)")]
"""A number above 0."""

NotNegative = Annotated[float, Interval("[0, inf)")]
"""A number of at least 0."""

OPTIMIZERS: dict[str, type[OptimizerSpec]] = {}
"""Optimizer by name."""

ANY_OPTIMIZER = {"$comment": "any optimizer"}
"""Placeholder in a JSON Schema, which `spec.json_schema` replaces with the registered optimizers."""


class OptimizerSpec(SpecModel):
    """The base class of optimizers: a name, a limit on the norm of the gradients, and weight decay.

    The fields of a subclass are arguments of the Keras optimizer, under their names there.

    Attributes:
        keras_name: Name of the class in `keras.optimizers`, or under which it is registered with Keras.

    Example:
        >>> [name for name in rs.OptimizerSpec.model_fields]
        ['name', 'clip_norm', 'weight_decay', 'weight_decay_by']
    """

    keras_name: ClassVar[str]

    name: str

    clip_norm: Positive | None = Field(default=None, description="limit on the global norm of the gradients")
    weight_decay: NotNegative | None = Field(
        default=None, description="share of a weight taken off in a step, times the learning rate"
    )
    weight_decay_by: Literal["rate", "schedule"] = Field(
        default="rate",
        description="what weight decay is multiplied by in a step: the learning rate, as in Keras, or its ratio to the "
        "peak of the schedule, which makes it independent of the peak",
    )

    @property
    def averaging(self) -> float:
        """The m in the noise scale εN/(B(1−m)): the (highest) momentum, or Adam's β₁, or 0."""
        found = getattr(self, "momentum", 0.0) or getattr(self, "beta_1", 0.0)
        return max(found) if isinstance(found, tuple) else found

    @property
    def cycling(self) -> str | None:
        """Name of the momentum that cycles with the learning rate; None if none does."""
        return next(
            (name for name in ("momentum", "beta_1") if isinstance(getattr(self, name, None), tuple)), None
        )


T = TypeVar("T", bound=type[OptimizerSpec])


def register_optimizer(spec: T) -> T:
    """Registers an optimizer under the default of its field `name`; use it to decorate a subclass of `OptimizerSpec`.

    Register it before reading a spec that uses it.

    Raises:
        ValueError: The name or `keras_name` is missing, or the name is taken by another optimizer.

    Example:
        >>> import keras
        >>> from typing import Literal
        >>> @keras.saving.register_keras_serializable("mine")
        ... class SignSGD(keras.optimizers.SGD):
        ...     def update_step(self, gradient, variable, learning_rate):
        ...         super().update_step(keras.ops.sign(gradient), variable, learning_rate)
        >>> @rs.register_optimizer
        ... class SignSGDSpec(rs.OptimizerSpec):
        ...     keras_name = "mine>SignSGD"
        ...     name: Literal["sign_sgd"] = "sign_sgd"
        ...     momentum: float = 0.9
        >>> rate = {"family": "constant", "peak": 0.01}
        >>> spec = rs.TrainingSpec.parse({"optimizer": {"name": "sign_sgd"}, "learning_rate": rate})
        >>> type(rs.build(spec, rs.Horizon(10, 1, 32)).optimizer).__name__
        'SignSGD'
    """
    field = spec.model_fields["name"]
    name: Any = field.default
    if get_args(field.annotation) != (name,) or not isinstance(getattr(spec, "keras_name", None), str):
        raise ValueError(f'{spec.__qualname__}: needs keras_name = "…" and name: Literal["…"] = "…"')
    known = OPTIMIZERS.get(name)
    # A module or notebook cell that is run again registers its class again.
    if known and (known.__module__, known.__qualname__) != (spec.__module__, spec.__qualname__):
        raise ValueError(
            f"{spec.__qualname__}.name: {name!r} is already registered by {known.__qualname__}; choose another name"
        )
    OPTIMIZERS[name] = spec
    return spec


def _by_name(value: Any) -> Any:
    if isinstance(value, OptimizerSpec):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a mapping of keys to values; got {value!r}")
    if "name" not in value:
        raise fault("name", "is missing; add it")
    name = value["name"]
    if not isinstance(name, str) or name not in OPTIMIZERS:
        hint = did_you_mean(str(name), OPTIMIZERS)
        raise fault("name", f"{hint}must be one of {', '.join(map(repr, OPTIMIZERS))}; got {name!r}")
    return OPTIMIZERS[name].model_validate(value)


Optimizer = Annotated[
    SerializeAsAny[OptimizerSpec],
    BeforeValidator(_by_name),
    WithJsonSchema(ANY_OPTIMIZER, mode="validation"),
]
"""Any registered optimizer, selected by its key `name`."""
