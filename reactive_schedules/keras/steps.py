"""The families as Keras learning-rate schedules.

Each class takes its family's parameters (`schedules/families/` has the formulas), and `horizon` when a
duration is not in steps. The rate is a pure function of the step, for a number, an array or a tensor of any
shape, in and out of a compiled function.
"""

import inspect
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

import keras
from keras.optimizers.schedules import LearningRateSchedule
from pydantic_core import PydanticUndefined

from reactive_schedules.duration import Horizon
from reactive_schedules.families import FAMILIES
from reactive_schedules.families.base import Family
from reactive_schedules.fields import Interval, Model
from reactive_schedules.keras.arrays import KERAS, keras_position


class _NoamArguments(Model):
    width: Annotated[int, Interval("[1, inf)")]
    warmup: Annotated[int, Interval("[1, inf)")]
    factor: Annotated[float, Interval("(0, inf)")]


_register = keras.saving.register_keras_serializable(package="reactive_schedules")


def _argument_lines(family: type[Family]) -> Iterator[str]:
    for name, field in family.model_fields.items():
        if name != "family":
            default = "" if field.default in (None, PydanticUndefined) else f"; {field.default!r} by default"
            yield f"    {name}: {field.description}{default}"
    yield "    horizon: what durations in epochs, percent or examples refer to, or the total of steps"


class StepSchedule(LearningRateSchedule):
    """A family as a Keras schedule; the subclasses name the family.

    Args:
        peak: highest rate.
        horizon: what durations in epochs, percent or examples refer to; an integer is the total of steps.
        **parameters: the family's other parameters.

    Raises:
        SpecError: a ValueError with one line per wrong argument: its name, the value, what is allowed.
    """

    spec_class: ClassVar[type[Family]]

    def __init_subclass__(cls, family: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.spec_class = FAMILIES[family]
        cls.__doc__ = "\n".join(
            [inspect.cleandoc(cls.spec_class.__doc__), "", "Args:", *_argument_lines(cls.spec_class)]
        )

    def __init__(self, peak: float, *, horizon: Horizon | int | None = None, **parameters: Any) -> None:
        self.spec = self.spec_class.parse({"peak": peak, **parameters}).resolve(horizon)

    def __call__(self, step: Any) -> Any:
        """The rate at `step` (any shape, integer or float), a tensor of Keras' float type."""
        rate = self.spec.value(keras_position(step), KERAS)
        return keras.ops.cast(rate, keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """The parameters as plain Python numbers, text and lists, with durations in steps."""
        return self.spec.model_dump(mode="json", exclude={"family"})


@_register
class Constant(StepSchedule, family="constant"):
    """The same rate at every step."""


@_register
class Linear(StepSchedule, family="linear"):
    """A straight line down."""


@_register
class Exponential(StepSchedule, family="exponential"):
    """The same factor over every stretch of steps."""


@_register
class InverseTime(StepSchedule, family="inverse_time"):
    """A hyperbola."""


@_register
class Piecewise(StepSchedule, family="piecewise"):
    """Constant between boundaries."""


@_register
class Polynomial(StepSchedule, family="polynomial"):
    """A power of the share that remains."""


@_register
class Cosine(StepSchedule, family="cosine"):
    """Half a cosine down."""


@_register
class CosineRestarts(StepSchedule, family="cosine_restarts"):
    """Cosine decays that start over."""


@_register
class Cyclical(StepSchedule, family="cyclical"):
    """A triangle wave between two bounds."""


@_register
class OneCycle(StepSchedule, family="one_cycle"):
    """Up to the peak, then down to far below the start."""


@_register
class WarmupStableDecay(StepSchedule, family="warmup_stable_decay"):
    """A plateau, then a short tail."""


@_register
class REX(StepSchedule, family="rex"):
    """The reflected exponential: high for long, then a steep fall."""


@_register
class InverseSquareRoot(StepSchedule, family="inverse_sqrt"):
    """The square root of the warm-up over the step."""

    @classmethod
    def noam(cls, width: int, warmup: int = 4000, factor: float = 1.0) -> Self:
        """The Transformer's schedule, `factor · width^−½ · min(s^−½, s · warmup^−3/2)`.

        Args:
            width: width of the model (d_model).
            warmup: steps of linear warm-up.
            factor: multiplies the rate.

        Raises:
            SpecError: an argument is not positive.
        """
        _NoamArguments.parse({"width": width, "warmup": warmup, "factor": factor})
        return cls(factor / (width * warmup) ** 0.5, warmup=warmup)
