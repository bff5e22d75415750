"""Checks of durations that do not need the size of the data."""

from collections.abc import Iterator
from typing import Any

from reactive_schedules.duration import Horizon, terms
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
    unknown = {"st", "ex"} if isinstance(spec.epochs, int) else {"st", "ex", "ep"}
    if not unknown.isdisjoint(_units(spec.learning_rate)):
        return
    epochs = spec.epochs if isinstance(spec.epochs, int) else 1  # of which durations in percent are a share
    try:
        spec.learning_rate.resolve(Horizon(_STEPS_PER_EPOCH, epochs, spec.batch_size))
    except SpecError as error:
        written = _written(spec.learning_rate, str(error).partition(":")[0])
        text = f"{error} ({written} in {epochs} epochs, assuming {_STEPS_PER_EPOCH} steps per epoch)"
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
                yield from (unit for _, unit in terms(duration))
    for part in getattr(family, "parts", ()):
        yield from _units(part)
