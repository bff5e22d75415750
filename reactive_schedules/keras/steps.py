"""The families as Keras learning-rate schedules, one class for each registered family.

Each class takes the parameters of its family (see `reactive_schedules/families/` for the formulas), and `horizon` if a
duration is not in steps. The rate is a pure function of the step, which can be a number, an array or a tensor of any
shape, inside or outside a compiled function.

Type checkers and editors read `steps.pyi`, which `make generate` writes.
"""

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

import keras
from keras.optimizers.schedules import LearningRateSchedule
from pydantic_core import PydanticUndefined

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError
from reactive_schedules.families import FAMILIES, Family
from reactive_schedules.families.base import Formula
from reactive_schedules.families.registry import LISTENERS
from reactive_schedules.families.sequence import SequenceSpec
from reactive_schedules.fields import Count, Interval, SpecModel
from reactive_schedules.keras.arrays import KERAS, keras_position

SCHEDULES: dict[str, type["StepSchedule"]] = {}
"""Keras class by family, without sequences of families, which are a `keras.sequence.Sequence`."""


class StepSchedule(LearningRateSchedule):
    """The base class of families as Keras schedules; each subclass implements one family.

    Args:
        peak: Highest learning rate of the schedule.
        horizon: Length of the run, which durations in epochs, percent or examples refer to; an integer is the total
            number of steps.
        **parameters: Other parameters of the family.

    Raises:
        SpecError: A ValueError with one line per invalid argument: its name, what is allowed, and the value.
    """

    family: ClassVar[type[Family]]

    def __init_subclass__(cls, family: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.family = FAMILIES[family]
        described, example, more = inspect.cleandoc(cls.family.__doc__ or "").partition("\n\nExample:")
        cls.__doc__ = "\n".join([described, "", "Args:", *_argument_lines(cls.family)]) + example + more
        cls.__signature__ = inspect.Signature(list(_parameters(cls.family)))
        keras.saving.register_keras_serializable(package="reactive_schedules")(cls)
        SCHEDULES[family] = cls

    def __init__(self, peak: float, *, horizon: Horizon | int | None = None, **parameters: Any) -> None:
        self.formula: Formula[Any] = self.family.parse({"peak": peak, **parameters}).resolve(horizon)

    def __call__(self, step: Any) -> Any:
        """The rate at `step` (any shape, integer or float), a tensor of Keras' float type."""
        rate = self.formula.value(keras_position(step), KERAS)
        return keras.ops.cast(rate, keras.config.floatx())

    def height(self, step: Any) -> Any:
        """Where in its cycle the rate is, from 0 (lowest) to 1 (highest), for `momentum` that cycles.

        Raises:
            SpecError: The family has no cycle.
        """
        if not self.formula.cycles:
            raise SpecError(
                f"learning_rate: {self.formula.spec.family} has no cycle for the momentum to follow; choose "
                "one_cycle or cyclical"
            )
        return keras.ops.cast(self.formula.height(keras_position(step), KERAS), keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """The parameters as plain Python numbers, text and lists, with durations in steps."""
        return self.formula.spec.model_dump(mode="json", exclude={"family"})


def _argument_lines(family: type[Family]) -> Iterator[str]:
    durations = family.formula.durations()
    for name, field in family.model_fields.items():
        if name != "family":
            described = field.description or "see the family"
            unit = "; a number of steps, or text such as 5ep, 30% or 50000ex" if name in durations else ""
            default = "" if field.default in (None, PydanticUndefined) else f"; {field.default!r} by default"
            yield f"    {name}: {described[:1].upper()}{described[1:]}{unit}{default}."
    yield "    horizon: Length of the run, which epochs, percent and examples refer to, or its total number of steps."


def _parameters(family: type[Family]) -> Iterator[inspect.Parameter]:
    for name, field in family.model_fields.items():
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if name == "peak" else inspect.Parameter.KEYWORD_ONLY
        default = inspect.Parameter.empty if field.is_required() else field.default
        if name != "family":
            yield inspect.Parameter(name, kind, default=default, annotation=field.annotation)
    yield inspect.Parameter(
        "horizon", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Horizon | int | None
    )


class _NoamArguments(SpecModel):
    width: Count
    warmup: Count
    factor: Annotated[float, Interval("(0, inf)")]


class InverseSquareRoot(StepSchedule, family="inverse_sqrt"):
    """Replaced by the docstring of the family."""

    @classmethod
    def noam(cls, width: int, warmup: int = 4000, factor: float = 1.0) -> Self:
        """The Transformer's schedule, `factor · width^−½ · min(s^−½, s · warmup^−3/2)`.

        Args:
            width: Width of the model (d_model).
            warmup: Number of steps of the linear warm-up.
            factor: Factor on the learning rate.

        Raises:
            SpecError: An argument is not positive.
        """
        _NoamArguments.parse({"width": width, "warmup": warmup, "factor": factor})
        return cls(factor / (width * warmup) ** 0.5, warmup=warmup)


def _add(family: type[Family]) -> None:
    """Creates the Keras class of a family, under the name of its spec without "Spec"."""
    if issubclass(family, SequenceSpec):
        return
    arguments = {"family": family.model_fields["family"].default}
    made = types.new_class(
        family.__name__.removesuffix("Spec"),
        (StepSchedule,),
        arguments,
        lambda names: names.update(__module__=__name__),
    )
    globals()[made.__name__] = made


for _family in FAMILIES.values():
    if _family.model_fields["family"].default not in SCHEDULES:
        _add(_family)
LISTENERS.append(_add)
