"""The registry of families, built in and registered by users."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactive_schedules.families.base import Family, Formula

FAMILIES: dict[str, type[Family]] = {}
"""Family by name."""

LISTENERS: list[Callable[[type[Family]], object]] = []
"""Functions to call with each newly registered family."""

T = TypeVar("T", bound=type[Formula[Any]])


def register_family(spec: type[Family]) -> Callable[[T], T]:
    """Registers a family under the default of its field `family`; use it to decorate the formula.

    The family can then be used in a training spec, previewed, searched, built as a Keras schedule, and saved in a
    model. Register it before loading such a model.

    Args:
        spec: Parameters of the family, a subclass of `Family`, `WarmedFamily` or `DecayingFamily`.

    Raises:
        ValueError: The name is missing, or taken by another family.

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
                f'family: {spec.__name__} has no name; add family: Literal["…"] = "…"; got {name!r}'
            )
        known = FAMILIES.get(name)
        # A module that is reloaded registers its families again.
        if known and (known.__module__, known.__qualname__) != (spec.__module__, spec.__qualname__):
            raise ValueError(
                f"family: {name!r} is already registered by {known.__qualname__}; choose another name"
            )
        spec.formula = formula
        FAMILIES[name] = spec
        for listener in LISTENERS:
            listener(spec)
        return formula

    return register
