"""Checks of durations that do not need the size of the data."""

from collections.abc import Iterator
from typing import Any

from reactive_schedules.duration import Horizon, parse
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.families.base import Family
from reactive_schedules.families.constant import ConstantSpec
from reactive_schedules.spec.training_spec import TrainingSpec

_STEPS_PER_EPOCH = 1_000_000  # so many that rounding does not matter


def check_durations(spec: TrainingSpec) -> None:
    """Checks durations that are all in epochs or percent; steps and examples need the size of the data.

    Raises:
        SpecError: The durations exceed the epochs, or do not fit together.
    """
    if not {"st", "ex"}.isdisjoint(_units(spec.learning_rate)):
        return
    try:
        spec.learning_rate.resolve(Horizon(_STEPS_PER_EPOCH, spec.epochs, spec.batch_size))
    except SpecError as error:
        written = _written(spec.learning_rate, str(error).partition(":")[0])
        text = f"{error} ({written} in {spec.epochs} epochs, assuming {_STEPS_PER_EPOCH} steps per epoch)"
        raise prefixed(SpecError(text), "learning_rate") from None


def check_warmup(spec: TrainingSpec) -> None:
    """Checks that the warm-up alone is not longer than the run.

    Raises:
        SpecError: The warm-up is longer than the run.
    """
    constant = ConstantSpec(peak=1, warmup=getattr(spec.learning_rate, "warmup", 0))
    check_durations(spec.model_copy(update={"learning_rate": constant}))


def _written(family: Family, path: str) -> str:
    value: Any = family
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _units(family: Family) -> Iterator[str]:
    for name in family.formula.durations():
        value = getattr(family, name, None)
        for duration in value if isinstance(value, tuple) else (value,):
            if duration:  # not None and not 0, which has no unit
                yield parse(duration)[1]
    for part in getattr(family, "parts", ()):
        yield from _units(part)
