"""The families by name: those of this folder, and those that users register."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactive_schedules.families.base import Family, Formula

FAMILIES: dict[str, type[Family]] = {}
"""Family by name."""

LISTENERS: list[Callable[[type[Family]], object]] = []
"""Called with each family that is registered from now on."""

T = TypeVar("T", bound=type[Formula[Any]])


def register_family(spec: type[Family]) -> Callable[[T], T]:
    """Registers a family under the name that `spec.family` has by default; use it to decorate its formula.

    The family can then be written in a training spec, previewed, searched, built as a Keras schedule, and saved in a
    model. Whoever loads such a model must have registered the family before.

    Args:
        spec: The family's parameters, a subclass of `Family` (or of `WarmedFamily` or `DecayingFamily`).

    Raises:
        ValueError: The name is missing, or another family has it.

    Example:
        >>> from dataclasses import dataclass
        >>> from typing import Literal
        >>> class SawtoothSpec(rs.WarmedFamily):
        ...     family: Literal["sawtooth"] = "sawtooth"
        ...     period: rs.Duration = "10%"
        >>> @rs.register_family(SawtoothSpec)
        ... @dataclass(frozen=True)
        ... class SawtoothFormula(rs.WarmedFormula[SawtoothSpec]):
        ...     period: int
        ...     def after_warmup(self, step, ops):
        ...         return self.spec.peak * (1 - ops.real(step % self.period) / self.period)
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "sawtooth", "peak": 0.1}})
        >>> float(rs.build_schedule(spec.learning_rate, 1000)(50))
        0.05000000074505806
    """
    name = spec.model_fields["family"].default

    def register(formula: T) -> T:
        if not isinstance(name, str):
            raise ValueError(
                f'family: {spec.__name__} has no name; give it one: family: Literal["…"] = "…"; got {name!r}'
            )
        known = FAMILIES.get(name)
        # A module that is loaded again registers its families again.
        if known and (known.__module__, known.__qualname__) != (spec.__module__, spec.__qualname__):
            raise ValueError(f"family: {name!r} is taken by {known.__qualname__}; choose another name")
        spec.formula = formula
        FAMILIES[name] = spec
        for listener in LISTENERS:
            listener(spec)
        return formula

    return register
